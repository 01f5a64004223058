"""The 32 algorithms: which operators move the phase of which, and which are heard."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

OPERATORS = 6
ALGORITHMS = tuple(str(number) for number in range(1, 33))

# From the chart on the lid of the DX7: "54" is a line from operator 5 down to operator 4, and the
# pair after the stroke is the feedback. An operator with no line down is heard.
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
    """One algorithm a row, as tables; operators are counted from 0.

    Attributes:
        sources: What moves each operator, always of higher numbers, and -1 where there is no
            more; `[n, 6, 4]`.
        heard: One divided by the number of operators that are heard, for those; `[n, 6]`.
        feedback: The operator whose past is fed back and the one that it moves, `[n, 2]`.
    """

    sources: NDArray[np.int64]
    heard: NDArray[np.float64]
    feedback: NDArray[np.int64]


def route(algorithm: NDArray[np.int64]) -> Routing:
    """Look up algorithms `[n]`, counted from 0."""
    chart = _tables()
    return Routing(chart.sources[algorithm], chart.heard[algorithm], chart.feedback[algorithm])


@cache
def _tables() -> Routing:
    """All 32 algorithms."""
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
