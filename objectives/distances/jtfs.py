"""The distance between joint time-frequency scattering coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.distances.scattering import joint_scattering
from patchwright.objectives.distances.scattering_filters import SR
from patchwright.objectives.embeddings.resample import resample
from patchwright.objectives.extras import require
from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target

GREATEST_SECONDS = 4.0
"""What comes later is not compared."""

LEAST_COEFFICIENT = 1e-5
"""Coefficients well below this are compared as they are, those well above by their logarithm."""


class JTFS:
    """Root mean square difference of logarithms of joint time-frequency scattering coefficients.

    The first 4 s of the sound, at 16 kHz, become a scalogram, whose ripples are measured by how
    quickly they move, how dense they are along frequency, and whether they rise or fall; see
    `joint_scattering`. Coefficients S become log(1 + S / 1e-5); of their squared differences the
    mean over paths, frames and channels is taken, and the root. Without a unit. Level counts. Any
    length and sample rate will do.

    Hears tremolo, vibrato, roughness, attacks and how partials move together: a rising glide is
    not a falling one, and partials that swell at once are not partials that swell in turn.

    Blind to what lies above 7 kHz or after 4 s; nearly blind to phase and to moves in time of a
    few hundredths of a second, as all is averaged over half a second; hears modulation slower
    than 2 Hz only from one frame (128 ms) to the next.

    Source:
        The transform: see `joint_scattering`. The logarithm and the Euclidean distance: H. Han, V.
        Lostanlen and M. Lagrange, Learning to Solve Inverse Problems for Perceptual Sound
        Matching, 2024, arXiv:2311.14213, whose least coefficient is near the median of their
        data's, as the one here is of synthesizer and instrument notes (3e-6 to 3e-5). The local
        average over time: C. Vahidi et al., Mesostructures, 2023, arXiv:2301.10183. Rates, lengths
        and the mean in place of the sum are choices made here.
    """

    name = "jtfs"

    def __init__(self) -> None:
        require("kymatio", extra="jtfs")

    def prepare(self, target: Target) -> PreparedJTFS:
        """Keep the target's coefficients."""
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
    rows = sounds.audio.flatten(0, 1)[:, : round(GREATEST_SECONDS * sounds.sr)]
    found = joint_scattering(resample(rows, sounds.sr, SR))
    parts = (found.first, found.rising, found.falling, found.together)
    logarithms = torch.log1p(torch.cat(parts, dim=-2) / LEAST_COEFFICIENT)
    return logarithms.reshape(*sounds.audio.shape[:2], *logarithms.shape[1:])
