"""The distance between loudness levels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from patchwright.objectives.signal.loudness import CHANNEL_GAINS, MIN_SR, loudness
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target


class Level:
    """Absolute difference of integrated loudness, in LU.

        D = |L_KG(X) - L_KG(Y)|

    L_KG is the gated loudness of BS.1770 in LUFS; silence is at -70 LUFS. Equals the difference of
    `pyloudnorm.Meter(sr).integrated_loudness` for sounds of 400 ms or more; a shorter one is a
    single block.

    Blind to: pitch; timbre; phase; the order of events; fades and silence between notes, which the
    gates leave out; differences below -70 LUFS. Only loudness counts.

    Source:
        ITU-R BS.1770-4, for loudness; the absolute difference is a choice made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([Level()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[6.02]])
    """

    name = "level"

    def prepare(self, target: Target) -> PreparedLevel:
        """Measure the target's loudness; targets may have any length.

        Raises:
            ObjectiveError: The sample rate is too low, or loudness is not defined for so many
                channels.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        if target.n_channels > len(CHANNEL_GAINS):
            raise ObjectiveError(
                f"level needs a target of at most {len(CHANNEL_GAINS)} channels, not "
                f"{target.n_channels}: mix them down or leave level out."
            )
        return PreparedLevel(loudness(target.audio[None], target.sr)[0])


@dataclass(frozen=True, eq=False)
class PreparedLevel:
    """The loudness of a target.

    Attributes:
        loudness: Loudness in LUFS, `[]`.
    """

    loudness: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]` in LU."""
        return (loudness(candidates.audio, candidates.sr) - self.loudness).abs()
