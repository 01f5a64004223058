"""The recording that candidates are measured against, and the error that says what is amiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class ObjectiveError(ValueError):
    """A mistake that the user can mend: the message is one sentence that names the mend."""


@dataclass(frozen=True, eq=False, init=False)
class Target:
    """The sound to be matched.

    Attributes:
        audio: Samples `[c, t]`, float32 and in `[-1, 1]` by custom; float64 is kept as it is,
            for those who need exact derivatives. A copy: later changes to the array that was
            given do not reach it.
        sr: Sample rate in Hz.
    """

    audio: Tensor
    sr: int

    def __init__(self, audio: Tensor | NDArray[np.floating[Any]], sr: int) -> None:
        """Copy and check the audio.

        Args:
            audio: Samples `[c, t]`, float32 or float64.
            sr: Sample rate in Hz.

        Raises:
            ObjectiveError: The audio is not two-dimensional, empty, not of floats or not finite,
                or the sample rate is not a positive whole number.
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
                f"A target must be float32, not {samples.dtype}: divide whole numbers by their "
                "full scale and convert."
            )
        if not bool(torch.isfinite(samples).all()):
            raise ObjectiveError(
                "The target holds NaN or infinite samples: repair or cut the recording."
            )
        if int(sr) != sr or sr <= 0:
            raise ObjectiveError(
                f"The sample rate must be a positive whole number of Hz, not {sr!r}: "
                "give the recording's own."
            )
        object.__setattr__(self, "audio", samples)
        object.__setattr__(self, "sr", int(sr))

    @property
    def n_channels(self) -> int:
        """How many channels the target has."""
        return self.audio.shape[0]

    @property
    def n_samples(self) -> int:
        """How many samples each channel has."""
        return self.audio.shape[1]

    def mono(self) -> Target:
        """The mean of the channels, as a target `[1, t]`."""
        return Target(self.audio.mean(0, keepdim=True), self.sr)

    def to(self, *, device: torch.device, dtype: torch.dtype) -> Target:
        """The same sound on another device or in another precision."""
        return Target(self.audio.to(device=device, dtype=dtype), self.sr)

    def require_samples(self, least: int, *, name: str) -> None:
        """Refuse to go on when the target is shorter than an objective can measure.

        Args:
            least: The least number of samples.
            name: The objective's name, for the message.

        Raises:
            ObjectiveError: The target has fewer than `least` samples.
        """
        if self.n_samples < least:
            raise ObjectiveError(
                f"{name} needs a target of at least {_milliseconds(least, self.sr)} ms "
                f"({least} samples at {self.sr} Hz) and this one has "
                f"{_milliseconds(self.n_samples, self.sr)} ms: "
                f"give a longer recording or leave {name} out."
            )


def _tensor(audio: NDArray[np.floating[Any]]) -> Tensor:
    return torch.from_numpy(np.array(audio, order="C", copy=True))


def _milliseconds(n_samples: int, sr: int) -> str:
    return f"{np.ceil(10_000 * n_samples / sr) / 10:.1f}"
