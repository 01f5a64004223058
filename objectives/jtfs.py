"""The distance between joint time-frequency scattering coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objectives.embeddings.resample import resample
from objectives.objective import target_spectra
from objectives.scattering import SR, joint_scattering
from objectives.spectra import Spectra
from objectives.target import Target

GREATEST_SECONDS = 4.0
"""What comes later is not compared."""

LEAST_COEFFICIENT = 1e-3
"""Coefficients well below this are compared as they are, those well above by their logarithm."""


class JTFS:
    """Root mean square difference of logarithms of joint time-frequency scattering coefficients.

    The first 4 s of the sound, at 16 kHz, become a scalogram, whose ripples are measured by how
    quickly they move, how dense they are along frequency, and whether they rise or fall; see
    `joint_scattering`. Coefficients S become log(1 + S / 0.001); of their squared differences the
    mean over orders, paths, frames and channels is taken, and the root. Without a unit. Level
    counts. Any length will do.

    Hears tremolo, vibrato, roughness, attacks and how partials move together: rising from falling
    glides, one vibrato of all partials from many. Small moves in time change little, as
    everything is averaged over half a second.

    Blind to what lies above 7 kHz or after 4 s, to modulation slower than 2 Hz but for the change
    from frame to frame (128 ms), and nearly to phase and to the order of events within a quarter
    of a second.

    Source:
        The transform: `joint_scattering`. The logarithm, the least coefficient and the Euclidean
        distance: H. Han, V. Lostanlen and M. Lagrange, Learning to Solve Inverse Problems for
        Perceptual Sound Matching, 2024, arXiv:2311.14213 (their code: log1p(1000 S)); the local
        average over time: C. Vahidi et al., Mesostructures, 2023, arXiv:2301.10183. Rate, lengths
        and the mean in place of the sum are choices made here.
    """

    name = "jtfs"

    def prepare(self, target: Target) -> PreparedJTFS:
        """Keep the target's coefficients.

        Raises:
            ObjectiveError: kymatio is not installed.
        """
        return PreparedJTFS(log_coefficients(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedJTFS:
    """A target's logarithmic coefficients `[c, paths, frames]`."""

    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        difference = log_coefficients(candidates) - self.coefficients
        # A norm, as a root has no finite slope at 0.
        norms: Tensor = torch.linalg.vector_norm(difference.flatten(1), dim=1)
        return norms / float(self.coefficients.numel() ** 0.5)


def log_coefficients(sounds: Spectra) -> Tensor:
    """Logarithms of the coefficients of both orders `[n, c, paths, frames]`.

    Raises:
        ObjectiveError: kymatio is not installed.
    """
    rows = resample(sounds.audio.flatten(0, 1), sounds.sr, SR)[:, : round(GREATEST_SECONDS * SR)]
    found = joint_scattering(rows)
    parts = (found.first, found.rising, found.falling, found.together)
    logarithms = torch.log1p(torch.cat(parts, dim=-2) / LEAST_COEFFICIENT)
    return logarithms.unflatten(0, sounds.audio.shape[:2])
