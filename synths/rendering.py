"""The contract of every synth: presets in, audio and statuses out."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.performance.notes import Performance

SILENCE = 1e-4  # peak below -80 dB of full scale


class Status(IntEnum):
    """Outcome of a render."""

    ok = 0
    silent = 1
    non_finite = 2
    timeout = 3
    crashed = 4


@dataclass(frozen=True)
class Renderings:
    """A batch of renders.

    Attributes:
        audio: Audio of each preset, `[n, c, t]`, float32.
        status: `Status` of each render, `[n]`, int8.
        seconds: Computing time of each render in seconds, `[n]`.
    """

    audio: NDArray[np.float32]
    status: NDArray[np.int8]
    seconds: Array


class Synth(Protocol):
    """A synth: a pure function of values and performance, whatever was rendered before.

    Attributes:
        name: Name of the synth, as in YAML and on the command line.
        space: Parameters of the synth.
        batch: Number of presets that one call renders efficiently; calls may run in parallel.
    """

    name: str
    space: ParameterSpace
    batch: int

    @property
    def suffix(self) -> str | None:
        """Suffix of the synth's own preset files, such as ``.fxp``; None if there is only JSON."""
        ...

    @property
    def version(self) -> str:
        """Version of what the bits depend on besides this package; empty if nothing."""
        ...

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Render presets.

        Args:
            values: Normalised presets, `[n, P]`.
            performance: Notes that every preset plays.

        Returns:
            The `n` renders, each with the same bits in any batch.

        Raises:
            SynthError: If the shape is wrong, or a value is NaN or outside [0, 1].
        """
        ...

    def close(self) -> None:
        """Release resources such as processes; the synth cannot render afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def judge(audio: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return the status of audio `[n, c, t]`: `ok`, `silent` or `non_finite`, `[n]`.

    Examples:
        >>> import numpy as np
        >>> audio = np.zeros((2, 1, 100), np.float32)
        >>> audio[1, 0, 50] = 0.5
        >>> [Status(number).name for number in judge(audio)]
        ['silent', 'ok']
    """
    # NaN and inf anywhere show in the peak; an array of their positions would cost more
    peak = np.maximum(audio.max(axis=(1, 2), initial=0.0), -audio.min(axis=(1, 2), initial=0.0))
    status = np.where(peak < SILENCE, Status.silent, Status.ok)
    return np.where(np.isfinite(peak), status, Status.non_finite).astype(np.int8)
