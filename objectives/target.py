"""The recording that candidates are compared with, and the error of this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class ObjectiveError(ValueError):
    """A mistake that the user can correct; the message is one sentence that says how."""


@dataclass(frozen=True, eq=False, init=False)
class Target:
    """The sound to match.

    Attributes:
        audio: Copy of the samples, `[c, t]`, usually float32 in `[-1, 1]`; float64 is kept, for
            exact derivatives.
        sr: Sample rate in Hz.
        parts: Spans of samples, first and end, that are compared each on its own, as several notes
            of one instrument; what lies between them is not compared. Empty for the whole.

    Examples:
        >>> import numpy as np
        >>> target = Target(np.zeros((2, 22_050), dtype=np.float32), sr=44_100)
        >>> target.n_channels, target.n_samples
        (2, 22050)

        From a file::

            samples, sr = soundfile.read("note.wav", dtype="float32", always_2d=True)
            target = Target(samples.T, sr)
    """

    audio: Tensor
    sr: int
    parts: tuple[tuple[int, int], ...]

    def __init__(
        self,
        audio: Tensor | NDArray[np.floating[Any]],
        sr: int,
        parts: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Copy and check the audio.

        Args:
            audio: Samples `[c, t]`, float32 or float64.
            sr: Sample rate in Hz.
            parts: Spans of samples that are compared each on its own; the whole if empty.

        Raises:
            ObjectiveError: The audio is not two-dimensional, is empty, is not floating-point or
                is not finite, the sample rate is not a positive integer, or a part is not in it.
        """
        samples = audio.detach().clone() if isinstance(audio, Tensor) else _tensor(audio)
        if samples.ndim != 2:
            raise ObjectiveError(
                f"A target must have the shape [channels, samples], not {list(samples.shape)}: "
                "give a mono sound as audio[None, :]."
            )
        if samples.numel() == 0:
            raise ObjectiveError(
                f"The target is empty (shape {list(samples.shape)}): give a recording with sound."
            )
        if samples.dtype not in (torch.float32, torch.float64):
            raise ObjectiveError(
                f"A target must be float32, not {samples.dtype}: divide integers by their full "
                "scale and convert them."
            )
        if not bool(torch.isfinite(samples).all()):
            raise ObjectiveError(
                "The target holds NaN or infinite samples: repair or cut the recording."
            )
        if int(sr) != sr or sr <= 0:
            raise ObjectiveError(
                f"The sample rate must be a positive integer in Hz, not {sr!r}: "
                "give that of the recording."
            )
        if not all(0 <= first < stop <= samples.shape[1] for first, stop in parts):
            raise ObjectiveError(
                f"The target has {samples.shape[1]} samples, and its parts are {[*parts]}: give "
                "spans that lie in it."
            )
        object.__setattr__(self, "audio", samples)
        object.__setattr__(self, "sr", int(sr))
        object.__setattr__(self, "parts", tuple(parts))

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.audio.shape[0]

    @property
    def n_samples(self) -> int:
        """Number of samples per channel."""
        return self.audio.shape[1]

    @property
    def sounds(self) -> tuple[Target, ...]:
        """The parts as targets, or the target itself if it has none."""
        parts = (Target(self.audio[:, first:stop], self.sr) for first, stop in self.parts)
        return tuple(parts) or (self,)

    def mono(self) -> Target:
        """Return the mean of the channels as a target `[1, t]`."""
        return Target(self.audio.mean(0, keepdim=True), self.sr, self.parts)

    def to(self, *, device: torch.device, dtype: torch.dtype) -> Target:
        """Return the same sound on another device or in another precision."""
        return Target(self.audio.to(device=device, dtype=dtype), self.sr, self.parts)

    def require_samples(self, minimum: int, *, name: str) -> None:
        """Refuse a target that is too short for an objective.

        Args:
            minimum: Minimum number of samples.
            name: Name of the objective, for the message.

        Raises:
            ObjectiveError: The target has fewer than `minimum` samples.
        """
        if self.n_samples < minimum:
            raise ObjectiveError(
                f"{name} needs a target of at least {_milliseconds(minimum, self.sr)} ms "
                f"({minimum} samples at {self.sr} Hz) and this one has "
                f"{_milliseconds(self.n_samples, self.sr)} ms: "
                f"give a longer recording or leave {name} out."
            )

    def require_sample_rate(self, minimum: int, *, name: str) -> None:
        """Refuse a target whose sample rate is too low for an objective.

        Args:
            minimum: Minimum sample rate in Hz.
            name: Name of the objective, for the message.

        Raises:
            ObjectiveError: The sample rate is below `minimum`.
        """
        if self.sr < minimum:
            raise ObjectiveError(
                f"{name} needs a sample rate of at least {minimum} Hz, not {self.sr}: "
                f"resample the target or leave {name} out."
            )


def _tensor(audio: NDArray[np.floating[Any]]) -> Tensor:
    return torch.from_numpy(np.array(audio, order="C", copy=True))


def _milliseconds(n_samples: int, sr: int) -> str:
    return f"{np.ceil(10_000 * n_samples / sr) / 10:.1f}"
