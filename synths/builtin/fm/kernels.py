"""The six operators, sample by sample.

The sine is a polynomial, so that sounds do not depend on a library's rounding.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from patchwright.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

INDEX = 2.0  # phase in cycles by which an operator of amplitude 1 modulates: 4 pi radians
_A, _B, _C, _D, _E, _F, _G, _H = (
    (-1.0) ** i * (2.0 * math.pi) ** (2 * i + 1) / math.factorial(2 * i + 1) for i in range(8)
)


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def sine(cycles: float) -> float:
    """Return the sine of a phase in cycles, to 1e-11."""
    shifted = cycles - 0.25
    x = 0.25 - abs(shifted - math.floor(shifted + 0.5))  # equal sine within a quarter cycle
    s = x * x
    return x * (_A + s * (_B + s * (_C + s * (_D + s * (_E + s * (_F + s * (_G + s * _H)))))))


@numba.njit  # type: ignore[untyped-decorator]
def _ramp(
    steps: Floats,
    amplitudes: Floats,
    point: int,
    phase: Floats,
    operator: int,
    at: Floats,
    gain: Floats,
) -> None:
    """Write the phases and amplitudes of an operator from one control point to the next."""
    block = len(at)
    start, low = steps[point], amplitudes[point]
    slope = (steps[point + 1] - start) / block
    rise = (amplitudes[point + 1] - low) / block
    for r in range(block):
        at[r] = phase[operator] + r * (start + slope * 0.5 * (r - 1))
        gain[r] = low + r * rise
    phase[operator] += block * (start + slope * 0.5 * (block - 1))


@compiled(
    "void(f8[:,:,::1], f8[:,:,::1], f8[:,::1], f8[::1], i8[:,:,::1], f8[:,::1], i8[:,::1],"
    " i8, f8[:,::1], f8[:,:,::1])",
    nogil=True,
)
def play(
    steps: Floats,
    amplitudes: Floats,
    starts: Floats,
    feedback: Floats,
    sources: Integers,
    heard: Floats,
    loops: Integers,
    block: int,
    audio: Floats,
    cycles: Floats,
) -> None:
    """Compute equation (1) of `operators.operate` for `n` presets, `t` samples, `k` control points.

    Args:
        steps: Steps of the phases in cycles per sample, `[n, 6, k]`.
        amplitudes: Amplitudes, `[n, 6, k]`.
        starts: Phases at the first sample in cycles, `[n, 6]`.
        feedback: Phase in cycles by which a fed-back amplitude of 1 modulates, `[n]`.
        sources: Modulators, `[n, 6, 4]`; see `patchwright.synths.builtin.fm.algorithms.Routing`.
        heard: Weights in the output, `[n, 6]`; see there.
        loops: First and last operator of the feedback, `[n, 2]`; `feedback` there.
        block: Number of samples between control points.
        audio: Output, `[n, t]`, overwritten.
        cycles: Arguments of the operators' sines in cycles, `[n, 6, t]`, overwritten; or
            `[n, 6, 0]` to discard them.
    """
    n, operators, _ = steps.shape
    samples, keep = audio.shape[1], cycles.shape[2] > 0
    at = np.empty((operators, block))
    gain, y = np.empty_like(at), np.empty_like(at)
    phase = np.empty(operators)
    for row in range(n):
        phase[:] = starts[row]
        first, last = loops[row]
        before, earlier = 0.0, 0.0  # y1 and y2 in (1)
        for begin in range(0, samples, block):
            point, count = begin // block, min(block, samples - begin)
            i = operators - 1
            while i >= 0:
                stop = first if i == last else i  # operators of a loop are computed together
                for m in range(stop, i + 1):
                    _ramp(steps[row, m], amplitudes[row, m], point, phase, m, at[m], gain[m])
                    for j in sources[row, m]:
                        if j > i:
                            for r in range(block):
                                at[m, r] += INDEX * y[j, r]
                if i == last:
                    for r in range(count):
                        at[i, r] += feedback[row] * 0.5 * (before + earlier)
                        for m in range(i, stop - 1, -1):
                            for j in sources[row, m]:
                                if 0 <= j <= i:
                                    at[m, r] += INDEX * y[j, r]
                            y[m, r] = gain[m, r] * sine(at[m, r])
                        before, earlier = y[first, r], before
                else:
                    for r in range(block):
                        y[i, r] = gain[i, r] * sine(at[i, r])
                i = stop - 1
            for r in range(count):
                audio[row, begin + r] = 0.0
            for i in range(operators):
                for r in range(count):
                    audio[row, begin + r] += heard[row, i] * y[i, r]
                    if keep:
                        cycles[row, i, begin + r] = at[i, r]
