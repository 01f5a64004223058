"""Views: the range of time and frequency, the alignment and the level at which sounds compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from patchwright.objectives.objective import Objective, PreparedObjective
from patchwright.objectives.signal.alignment import best_lags, onsets, shift
from patchwright.objectives.signal.filtering import band_pass
from patchwright.objectives.signal.loudness import loudness
from patchwright.objectives.target import ObjectiveError, Target

Align = Literal["none", "onset", "lag"]
Level = Literal["absolute", "loudness", "peak"]

MAX_GAIN = 1000.0
"""Maximum gain of level matching: 60 dB."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The part of two sounds that an objective compares.

    Steps are applied in this order: band-pass both sounds, align candidates, cut both to the range
    of time, and scale candidates to the level that the target has in that band and range.

    Attributes:
        frequency: Lowest and highest frequency in Hz; None for all. The band-pass has no delay,
            edges of a third of an octave, and -6 dB at the two frequencies.
        align: `onset` shifts each candidate to begin with the target (`alignment.onsets`); `lag`
            shifts it by up to 50 ms to the best correlation (`alignment.best_lags`).
        time: Start and end in seconds of the target, such as (0, 0.1) for the attack; None as end
            for the end of the target.
        level: `loudness` scales each candidate to the target's loudness (BS.1770), `peak` to its
            peak; with a gain of at most 60 dB.

    Examples:
        Compare the first 100 ms, whatever the level:

        >>> import numpy as np
        >>> from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
        >>> attack = View(time=(0, 0.1), level="peak")
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> short = 0.5 * np.where(np.arange(8_000) < 4_000, noise, 0)
        >>> objective = Viewed(OBJECTIVES["log_mel"](), attack)
        >>> ObjectiveSet([objective], Target(noise, 8_000)).score(short[None]).round(2)
        array([[0.]])
    """

    frequency: tuple[float, float] | None = None
    align: str = "none"
    time: tuple[float, float | None] | None = None
    level: str = "absolute"

    def __post_init__(self) -> None:
        for name, words in (("align", get_args(Align)), ("level", get_args(Level))):
            if getattr(self, name) not in words:
                raise ObjectiveError(
                    f"{name} must be one of {', '.join(words)}, not {getattr(self, name)!r}."
                )
        if self.frequency is not None and not 0 <= self.frequency[0] < self.frequency[1]:
            raise ObjectiveError(
                f"A frequency range must rise, not be {list(self.frequency)}: use [200, 4000], say."
            )
        if self.time is not None:
            first, last = self.time
            if first < 0 or (last is not None and last <= first):
                raise ObjectiveError(
                    f"A time range must rise from 0 s, not be {list(self.time)}: use [0, 0.1], say."
                )

    def prepare(self, target: Target) -> PreparedView:
        """Prepare a target.

        Raises:
            ObjectiveError: The target has nothing in the range of time or frequency.
        """
        return PreparedView(self, target)


WHOLE = View()
"""The view that changes nothing."""


class PreparedView:
    """A view of candidates of one target.

    Attributes:
        target: The target as the view shows it.
    """

    def __init__(self, view: View, target: Target) -> None:
        """Prepare the target.

        Raises:
            ObjectiveError: The target has nothing in the range of time or frequency.
        """
        self._view = view
        self._sr = target.sr
        self._range = _samples(view.time, target)
        if view.frequency is not None and view.frequency[0] >= target.sr / 2:
            raise ObjectiveError(
                f"There is nothing above {view.frequency[0]:g} Hz at a sample rate of "
                f"{target.sr} Hz: lower the frequency range."
            )
        self._whole = self._filtered(target.audio[None])
        shown = self._whole[..., self._range]
        self.target = target if view == WHOLE else Target(shown[0], target.sr)
        self._level = self._levels(shown)

    def __call__(self, audio: Tensor) -> Tensor:
        """Show candidates.

        Args:
            audio: Samples `[n, c, t]` with the target's channels, length, dtype and device.

        Returns:
            Samples `[n, c, t']`; differentiable, except for the choice of the lag.
        """
        if self._view == WHOLE:
            return audio
        audio = self._filtered(audio)
        if self._view.align == "onset":
            audio = shift(audio, onsets(audio) - onsets(self._whole))
        elif self._view.align == "lag":
            audio = shift(audio, best_lags(audio, self._whole[0], self._sr))
        audio = audio[..., self._range]
        if self._view.level != "absolute":
            gain = (self._level / self._levels(audio)).clamp(max=MAX_GAIN)
            audio = audio * gain[:, None, None]
        return audio

    def _filtered(self, audio: Tensor) -> Tensor:
        if self._view.frequency is None:
            return audio
        return band_pass(audio, self._sr, *self._view.frequency)

    def _levels(self, audio: Tensor) -> Tensor:
        """Return the amplitudes that the view matches, `[n]`, above 0."""
        if self._view.level == "loudness":
            level: Tensor = 10.0 ** (loudness(audio, self._sr) / 20.0)
        else:
            level = audio.abs().flatten(1).amax(1)
        return level.clamp(min=torch.finfo(audio.dtype).tiny)


class Viewed:
    """An objective that compares sounds as a view shows them.

    Args:
        objective: Objective to apply.
        view: View of target and candidates.
        name: Name in reports; the objective's own name if None.

    Examples:
        >>> from patchwright.objectives import OBJECTIVES
        >>> bass = Viewed(OBJECTIVES["mss"](), View(frequency=(0, 200)), name="bass")
        >>> bass.name
        'bass'
    """

    def __init__(self, objective: Objective, view: View, *, name: str | None = None) -> None:
        self.objective = objective
        self.view = view
        self.name = objective.name if name is None else name

    def prepare(self, target: Target) -> PreparedObjective:
        """Compute the features of a target that the view has been applied to."""
        return self.objective.prepare(target)


def _samples(time: tuple[float, float | None] | None, target: Target) -> slice:
    if time is None:
        return slice(None)
    first = round(time[0] * target.sr)
    last = (
        target.n_samples if time[1] is None else min(round(time[1] * target.sr), target.n_samples)
    )
    if first >= last:
        raise ObjectiveError(
            f"The target lasts {target.n_samples / target.sr:.3g} s and has nothing in the time "
            f"range {list(time)}: choose an earlier one."
        )
    return slice(first, last)
