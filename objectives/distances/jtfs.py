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

MAX_SECONDS = 4.0
"""Seconds of each sound that are compared."""

EPSILON = 1e-5
"""Scale of log(1 + S / epsilon): coefficients far below it are compared linearly."""


class JTFS:
    """Root mean square difference of logarithms of joint time-frequency scattering coefficients.

        D = sqrt(mean (ln(1 + S(X) / ε) - ln(1 + S(Y) / ε))²),   ε = 1e-5

    S are the coefficients of the first 4 s at 16 kHz (see `joint_scattering`): the ripples of a
    scalogram by their rate over time, their density along frequency, and whether they rise or
    fall. The mean is over paths, frames and channels. Without a unit. Level counts. Sounds may
    have any length and sample rate.

    Hears tremolo, vibrato, roughness, attacks and whether partials move together: a rising glide
    differs from a falling one, and partials that swell at once from partials that swell in turn.

    Blind to: frequencies above 7 kHz; anything after 4 s; phase, nearly; shifts in time of some
    20 ms, nearly, as coefficients are averaged over half a second; modulation below 2 Hz, except
    from one frame (128 ms) to the next.

    Source:
        The transform: see `joint_scattering`. The logarithm and the Euclidean distance: H. Han, V.
        Lostanlen and M. Lagrange, Learning to Solve Inverse Problems for Perceptual Sound
        Matching, 2024, arXiv:2311.14213, whose ε is near the median coefficient of their data, as
        the one here is of synthesizer and instrument notes (3e-6 to 3e-5). The local average over
        time: C. Vahidi et al., Mesostructures, 2023, arXiv:2301.10183. Rates, lengths and the mean
        in place of the sum are choices made here.

    Examples:
        After `pip install 'patchwright[jtfs]'`::

            scorer = ObjectiveSet([JTFS()], Target(rising_glide, sr))
            scorer.score(falling_glide[None])
    """

    name = "jtfs"

    def __init__(self) -> None:
        require("kymatio", extra="jtfs")

    def prepare(self, target: Target) -> PreparedJTFS:
        """Compute the target's coefficients."""
        return PreparedJTFS(log_coefficients(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedJTFS:
    """The coefficients of a target.

    Attributes:
        coefficients: Logarithms ln(1 + S / ε), `[c, paths, frames]`.
    """

    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        difference = log_coefficients(candidates) - self.coefficients
        # a norm, because the gradient of a square root is infinite at 0
        norms: Tensor = torch.linalg.vector_norm(difference.flatten(1), dim=1)
        return norms / float(self.coefficients.numel() ** 0.5)


def log_coefficients(sounds: Spectra) -> Tensor:
    """Compute ln(1 + S / ε) of the coefficients of both orders, `[n, c, paths, frames]`.

    Raises:
        ObjectiveError: kymatio is not installed.
    """
    rows = sounds.audio.flatten(0, 1)[:, : round(MAX_SECONDS * sounds.sr)]
    found = joint_scattering(resample(rows, sounds.sr, SR))
    parts = (found.first, found.rising, found.falling, found.together)
    logarithms = torch.log1p(torch.cat(parts, dim=-2) / EPSILON)
    return logarithms.reshape(*sounds.audio.shape[:2], *logarithms.shape[1:])
