"""Memory that is used again, row after row."""

from __future__ import annotations

import math
from collections.abc import Hashable

import torch
from torch import Tensor


class Scratch:
    """Named buffers that outlive the row that they were made for.

    A spectrogram of a second of sound takes a megabyte or two. Memory of that size is handed back
    to the operating system when it is freed, and getting it again costs a page fault every 4 KiB:
    several times what the arithmetic on it costs. So the rows of a batch are transformed one after
    another in the same buffers, which also stay in the processor's cache.

    What lies in a buffer is valid until the same name is taken again. Not for use in two threads
    at a time, and not where gradients are recorded.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[Hashable, torch.dtype], Tensor] = {}

    def take(self, name: Hashable, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Memory of a shape.

        Args:
            name: Who uses it; the same name gives the same memory, whatever the shape.
            shape: The shape that is wanted.
            dtype: The number type that is wanted.

        Returns:
            A contiguous CPU tensor of the shape. It holds zeros the first time, and afterwards
            what was last written there.
        """
        size = math.prod(shape)
        buffer = self._buffers.get((name, dtype))
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[name, dtype] = torch.zeros(size, dtype=dtype)
        return buffer[:size].view(shape)

    def __reduce__(self) -> tuple[type[Scratch], tuple[()]]:
        """Pickle as an empty one: the contents mean nothing elsewhere."""
        return Scratch, ()
