"""Scratch memory, reused from row to row."""

from __future__ import annotations

import math
from collections.abc import Hashable

import torch
from torch import Tensor


class Scratch:
    """Named buffers that are reused for every row of a batch.

    A spectrogram of a second of sound takes a megabyte or two. The allocator returns memory of
    that size to the operating system when it is freed, and allocating it again costs a page fault
    every 4 KiB: several times the cost of the arithmetic. Reused buffers also stay in the
    processor's cache.

    The content of a buffer is valid until the same name is taken again. Not for use by two threads
    at a time, nor where gradients are recorded.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[Hashable, torch.dtype], Tensor] = {}

    def take(self, name: Hashable, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Return memory of a shape.

        Args:
            name: Name of the buffer; the same name gives the same memory, whatever the shape.
            shape: Shape of the tensor.
            dtype: Type of its numbers.

        Returns:
            Contiguous CPU tensor, 0 the first time and afterwards as it was last written.
        """
        size = math.prod(shape)
        buffer = self._buffers.get((name, dtype))
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[name, dtype] = torch.zeros(size, dtype=dtype)
        return buffer[:size].view(shape)

    def __reduce__(self) -> tuple[type[Scratch], tuple[()]]:
        """Pickle as empty scratch memory."""
        return Scratch, ()
