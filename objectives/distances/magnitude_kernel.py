"""The sums behind a log-magnitude distance, in one pass over memory.

The spectrum of a second of sound is as large as a processor's fast cache. Ten tensor operations
fetch it, or something as large, ten times; one loop does it once, in half of the time.

numba compiles at the import, which takes a second. The code is kept in no file, because two
processes that write one at the same time can crash; Python's own lock on imports keeps threads from
compiling twice. Sums may be taken in any order, but every other operation is rounded as IEEE 754
has it: so a sound is at no distance from itself.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LANES = 256
_FACTORS = 8  # so many ratios of float32 numbers have a product that float64 can hold


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _add(
    values: Floats,
    target: Floats,
    least: float,
    first: int,
    count: int,
    magnitude: Floats,
    product: NDArray[np.float64],
) -> np.float32:
    """Multiply the ratios of some bins into `product`; return the sum of their squared errors."""
    for i in range(count):
        real, imaginary = values[2 * (first + i)], values[2 * (first + i) + 1]
        magnitude[i] = math.sqrt(real * real + imaginary * imaginary)
    squares = np.float32(0.0)
    for i in range(count):
        x, y = magnitude[i], target[first + i]
        x = least if x < least else x
        squares += (x - y) * (x - y)
        product[i] *= x / y if x > y else y / x
    return squares


@numba.njit(  # type: ignore[untyped-decorator]
    "UniTuple(f8, 2)(f4[::1], f4[::1], f4)",
    fastmath={"reassoc", "nsz"},
    error_model="numpy",
    nogil=True,
)
def magnitude_sums(values: Floats, target: Floats, least: float) -> tuple[float, float]:
    """How far the magnitudes `|X|` of a spectrum are from a target's, `Y`, in total.

    The sum of `|log(x / y)|` is the logarithm of the product of `max(x, y) / min(x, y)`: one
    logarithm for eight bins.

    Args:
        values: The spectrum's real and imaginary parts in turn, `[2 n]`.
        target: Magnitudes `[n]`, none below `least`.
        least: Magnitude to which smaller ones are raised.

    Returns:
        The sum of `(|X| - Y)^2` and the sum of `|log(|X| / Y)|`.
    """
    product = np.ones(_LANES)
    magnitude = np.empty(_LANES, np.float32)
    squares, logarithms = 0.0, 0.0
    blocks = len(target) // _LANES
    for block in range(blocks):
        squares += _add(values, target, least, block * _LANES, _LANES, magnitude, product)
        if block % _FACTORS == _FACTORS - 2:  # the last factor is for the rest
            for i in range(_LANES):
                logarithms += math.log(product[i])
                product[i] = 1.0
    rest = len(target) - blocks * _LANES
    squares += _add(values, target, least, blocks * _LANES, rest, magnitude, product)
    for i in range(_LANES):
        logarithms += math.log(product[i])
    return squares, logarithms
