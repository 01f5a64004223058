"""The 32 algorithms: which operators modulate which, and which are heard."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

OPERATORS = 6
ALGORITHMS = tuple(str(number) for number in range(1, 33))

# From the chart on the lid of the DX7: "54" is a line from operator 5 down to operator 4, and the
# pair after the slash is the feedback. An operator without a line down is a carrier, and heard.
_CHART = (
    "21 43 54 65 / 66",
    "21 43 54 65 / 22",
    "21 32 54 65 / 66",
    "21 32 54 65 / 46",
    "21 43 65 / 66",
    "21 43 65 / 56",
    "21 43 53 65 / 66",
    "21 43 53 65 / 44",
    "21 43 53 65 / 22",
    "21 32 54 64 / 33",
    "21 32 54 64 / 66",
    "21 43 53 63 / 22",
    "21 43 53 63 / 66",
    "21 43 54 64 / 66",
    "21 43 54 64 / 22",
    "21 31 51 43 65 / 66",
    "21 31 51 43 65 / 22",
    "21 31 41 54 65 / 33",
    "21 32 64 65 / 66",
    "31 32 54 64 / 33",
    "31 32 64 65 / 33",
    "21 63 64 65 / 66",
    "32 64 65 / 66",
    "63 64 65 / 66",
    "64 65 / 66",
    "32 54 64 / 66",
    "32 54 64 / 33",
    "21 43 54 / 55",
    "43 65 / 66",
    "43 54 / 55",
    "65 / 66",
    "/ 66",
)


@dataclass(frozen=True, eq=False)
class Routing:
    """Tables of one algorithm per row; operators are counted from 0.

    Attributes:
        sources: Modulators of each operator, which always have higher numbers, padded with -1,
            `[n, 6, 4]`.
        heard: Weight of each operator in the output, `[n, 6]`: 1 / number of carriers, or 0.
        feedback: Operator whose past is fed back, and operator that it modulates, `[n, 2]`.
    """

    sources: NDArray[np.int64]
    heard: NDArray[np.float64]
    feedback: NDArray[np.int64]


def route(algorithm: NDArray[np.int64]) -> Routing:
    """Return the routing of algorithms `[n]`, counted from 0."""
    chart = _tables()
    return Routing(chart.sources[algorithm], chart.heard[algorithm], chart.feedback[algorithm])


@cache
def _tables() -> Routing:
    """Return the routing of all 32 algorithms."""
    sources = np.full((len(_CHART), OPERATORS, 4), -1, np.int64)
    heard = np.ones((len(_CHART), OPERATORS))
    feedback = np.empty((len(_CHART), 2), np.int64)
    for number, drawing in enumerate(_CHART):
        lines, _, loop = drawing.partition("/")
        for line in lines.split():
            source, target = int(line[0]) - 1, int(line[1]) - 1
            inputs = sources[number, target]
            inputs[np.flatnonzero(inputs < 0)[0]] = source
            heard[number, source] = 0.0
        feedback[number] = [int(operator) - 1 for operator in loop.strip()]
    return Routing(sources, heard / heard.sum(axis=1, keepdims=True), feedback)
