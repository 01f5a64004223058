"""What every synth does: render presets, and say how each render went."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.performance.notes import Performance

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
    """What makes sound: a pure function of values and performance, whatever was rendered before.

    Attributes:
        name: As people address it.
        space: Its parameters.
        batch: Rows that one call renders best; more calls may run side by side.
    """

    name: str
    space: ParameterSpace
    batch: int

    @property
    def suffix(self) -> str | None:
        """Of the synth's own preset files, such as ``.fxp``; None if it has none but JSON."""
        ...

    @property
    def version(self) -> str:
        """Of what the bits depend on beyond this package; empty if nothing does."""
        ...

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

    def close(self) -> None:
        """Give back what the synth holds, such as processes; it renders no more."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def judge(audio: NDArray[np.float32]) -> NDArray[np.int8]:
    """Tell `ok`, `silent` and `non_finite` renders `[n, c, t]` apart; statuses `[n]`."""
    # a NaN or inf anywhere shows in the peak; no array is made for it, because that costs more
    peak = np.maximum(audio.max(axis=(1, 2), initial=0.0), -audio.min(axis=(1, 2), initial=0.0))
    status = np.where(peak < SILENCE, Status.silent, Status.ok)
    return np.where(np.isfinite(peak), status, Status.non_finite).astype(np.int8)
