"""Numbers of NumPy and Arrow; Arrow's own conversions import pandas, which takes a second."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def to_arrow(numbers: NDArray[Any]) -> pa.Array:
    """Copy numbers `[n]` or rows of them `[n, k]`."""
    flat = np.ascontiguousarray(numbers).ravel()
    kind = pa.from_numpy_dtype(flat.dtype)
    array = pa.Array.from_buffers(kind, len(flat), [None, pa.py_buffer(flat)])
    if numbers.ndim == 1:
        return array
    return pa.FixedSizeListArray.from_arrays(array, numbers.shape[1])


def to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    """View a column of numbers, `[n]`, or of lists of equal length, `[n, k]`.

    Raises:
        ValueError: If it holds anything else, or some are missing.
    """
    array = column.combine_chunks()
    if isinstance(array, pa.FixedSizeListArray):
        shape = len(array), array.type.list_size
        return to_numpy(pa.chunked_array([array.flatten()])).reshape(shape)
    is_number = pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
    if array.null_count or not is_number:
        raise ValueError("something else than numbers")
    kind = np.dtype(array.type.to_pandas_dtype())
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * kind.itemsize)
