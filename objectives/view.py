"""What of two sounds is compared: which moment, which band, at which level, how aligned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from patchwright.objectives.objective import Objective, PreparedObjective
from patchwright.objectives.signal.alignment import best_lags, moved, onsets
from patchwright.objectives.signal.filtering import band_pass
from patchwright.objectives.signal.loudness import loudness
from patchwright.objectives.target import ObjectiveError, Target

Align = Literal["none", "onset", "lag"]
Level = Literal["absolute", "loudness", "peak"]

GREATEST_GAIN = 1000.0
"""60 dB: what is softer than that beside the target stays softer."""


@dataclass(frozen=True, kw_only=True)
class View:
    """How a target and its candidates are prepared before they are compared.

    In this order: the band is filtered out, candidates are moved, the range of time is cut, and
    candidates are brought to the target's level, as it is in that band and range.

    Attributes:
        frequency: Lowest and highest frequency in Hz to compare; all if None. Both sounds pass a
            filter without delay, whose edges fall over a third of an octave and lie at -6 dB.
        align: `onset` moves each candidate to begin where the target does (`alignment.onsets`),
            `lag` by up to 50 ms to where it agrees best (`alignment.best_lags`).
        time: First and last moment in seconds to compare, such as (0, 0.1) for the attack; the
            end of the target if the last is None.
        level: `loudness` plays each candidate as loud as the target (BS.1770), `peak` with its
            greatest amplitude; with a gain of at most 60 dB.
    """

    frequency: tuple[float, float] | None = None
    align: str = "none"
    time: tuple[float, float | None] | None = None
    level: str = "absolute"

    def __post_init__(self) -> None:
        for name, words in (("align", get_args(Align)), ("level", get_args(Level))):
            if getattr(self, name) not in words:
                raise ObjectiveError(
                    f"{name} is one of {', '.join(words)}, not {getattr(self, name)!r}."
                )
        if self.frequency is not None and not 0 <= self.frequency[0] < self.frequency[1]:
            raise ObjectiveError(
                f"A range of frequencies goes up, such as [200, 4000], not {list(self.frequency)}."
            )
        if self.time is not None:
            first, last = self.time
            if first < 0 or (last is not None and last <= first):
                raise ObjectiveError(
                    f"A range of time goes forward, such as [0, 0.1], not {list(self.time)}."
                )

    def prepare(self, target: Target) -> PreparedView:
        """Prepare a target.

        Raises:
            ObjectiveError: If the target holds nothing of the range of time or of frequencies.
        """
        return PreparedView(self, target)


WHOLE = View()
"""Everything as it is."""


class PreparedView:
    """Shows candidates as a view shows its target.

    Attributes:
        target: As it is shown.
    """

    def __init__(self, view: View, target: Target) -> None:
        """Prepare the target, and keep what candidates are compared with.

        Raises:
            ObjectiveError: As `View.prepare` raises it.
        """
        self._view = view
        self._sr = target.sr
        self._range = _samples(view.time, target)
        if view.frequency is not None and view.frequency[0] >= target.sr / 2:
            raise ObjectiveError(
                f"Nothing lies above {view.frequency[0]:g} Hz at a sample rate of {target.sr} Hz: "
                "lower the range of frequencies."
            )
        self._whole = self._filtered(target.audio[None])
        shown = self._whole[..., self._range]
        self.target = target if view == WHOLE else Target(shown[0], target.sr)
        self._level = self._levels(shown)

    def __call__(self, audio: Tensor) -> Tensor:
        """Show candidates.

        Args:
            audio: Samples `[n, c, t]` with the target's channels, length, number type and device.

        Returns:
            Samples `[n, c, t']`; differentiable, but for the choice of the lag.
        """
        if self._view == WHOLE:
            return audio
        audio = self._filtered(audio)
        if self._view.align == "onset":
            audio = moved(audio, onsets(audio) - onsets(self._whole))
        elif self._view.align == "lag":
            audio = moved(audio, best_lags(audio, self._whole[0], self._sr))
        audio = audio[..., self._range]
        if self._view.level != "absolute":
            gain = (self._level / self._levels(audio)).clamp(max=GREATEST_GAIN)
            audio = audio * gain[:, None, None]
        return audio

    def _filtered(self, audio: Tensor) -> Tensor:
        if self._view.frequency is None:
            return audio
        return band_pass(audio, self._sr, *self._view.frequency)

    def _levels(self, audio: Tensor) -> Tensor:
        """What the view counts as a sound's amplitude, `[n]`, above 0."""
        if self._view.level == "loudness":
            level: Tensor = 10.0 ** (loudness(audio, self._sr) / 20.0)
        else:
            level = audio.abs().flatten(1).amax(1)
        return level.clamp(min=torch.finfo(audio.dtype).tiny)


class Viewed:
    """An objective that compares sounds as a view shows them.

    Args:
        objective: That compares.
        view: That shows.
        name: What it is called in reports; the objective's own name if None.
    """

    def __init__(self, objective: Objective, view: View, *, name: str | None = None) -> None:
        self.objective = objective
        self.view = view
        self.name = objective.name if name is None else name

    def prepare(self, target: Target) -> PreparedObjective:
        """Compute the features of a target that is shown by the view already."""
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
            f"The target has {target.n_samples / target.sr:.3g} s and nothing of it lies in the "
            f"range of time {list(time)}: choose an earlier one."
        )
    return slice(first, last)
