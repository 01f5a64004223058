"""What every synth does: render presets, and say how each render went."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synths.notes import Performance
from synths.parameters import Array, ParameterSpace

SILENCE = 1e-4  # peak below -80 dB of full scale


class Status(IntEnum):
    """How a render went."""

    ok = 0
    silent = 1
    non_finite = 2
    timeout = 3
    crashed = 4


@dataclass(frozen=True)
class Renderings:
    """A batch of renders.

    Attributes:
        audio: float32 `[n, c, t]`.
        status: `Status` numbers, int8 `[n]`.
        seconds: What each render cost, `[n]`.
    """

    audio: NDArray[np.float32]
    status: NDArray[np.int8]
    seconds: Array


class Synth(Protocol):
    """What makes sound: a pure function of values and performance, whatever was rendered before."""

    name: str
    space: ParameterSpace

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Render presets.

        Args:
            values: `[n, P]`, normalised.
            performance: What each of them plays.

        Returns:
            The `n` renders. The bits of each are the same in any batch.

        Raises:
            SynthError: If the values do not fit the space.
        """
        ...


def judge(audio: NDArray[np.float32]) -> NDArray[np.int8]:
    """Tell `ok`, `silent` and `non_finite` renders `[n, c, t]` apart; statuses `[n]`."""
    peak = np.abs(audio).max(axis=(1, 2), initial=0.0)  # a NaN or inf anywhere shows in the peak
    status = np.where(peak < SILENCE, Status.silent, Status.ok)
    return np.where(np.isfinite(peak), status, Status.non_finite).astype(np.int8)
