"""The distance between loudness levels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from patchwright.objectives.signal.loudness import CHANNEL_GAINS, LEAST_SR, loudness
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target


class Level:
    """Absolute difference of integrated loudness.

    In LU, which are decibels of K-weighted power between the gates of BS.1770; silence is at
    -70 LUFS. Equals the difference of `pyloudnorm.Meter(sr).integrated_loudness`, for sounds of
    400 ms and more; a shorter one is a single block.

    Blind to everything but loudness: to pitch, timbre, phase, and what is loud when, and so to
    fades and to silence between notes, which the gates leave out. Blind to differences below
    -70 LUFS.

    Source:
        ITU-R BS.1770-4, for loudness; that levels are compared by their difference is a choice
        made here.
    """

    name = "level"

    def prepare(self, target: Target) -> PreparedLevel:
        """Measure the target's loudness; any length of target will do.

        Raises:
            ObjectiveError: The sample rate is too low, or there are more channels than loudness
                is defined for.
        """
        if target.sr < LEAST_SR:
            raise ObjectiveError(
                f"level needs a sample rate of at least {LEAST_SR} Hz, not {target.sr}: "
                "resample the target or leave level out."
            )
        if target.n_channels > len(CHANNEL_GAINS):
            raise ObjectiveError(
                f"level needs a target of at most {len(CHANNEL_GAINS)} channels, not "
                f"{target.n_channels}: mix them down or leave level out."
            )
        return PreparedLevel(loudness(target.audio[None], target.sr)[0])


@dataclass(frozen=True, eq=False)
class PreparedLevel:
    """A target's loudness in LUFS, `[]`."""

    loudness: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in LU, of candidates `[n, c, t]`."""
        return (loudness(candidates.audio, candidates.sr) - self.loudness).abs()
