"""Examples that networks learn from: any kind of them, and those of proxies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Protocol, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths.parameters import Array


class Batch(Protocol):
    """Examples of any kind."""

    def __len__(self) -> int:
        """Number of examples."""
        ...

    def to(self, device: torch.device) -> Self:
        """Return the same on another device."""
        ...

    def split(self, size: int) -> Iterator[Self]:
        """Divide them into parts of `size` examples; the last may have fewer."""
        ...


B = TypeVar("B", bound=Batch)
B_co = TypeVar("B_co", bound=Batch, covariant=True)


@dataclass(frozen=True, eq=False)
class Columns:
    """Examples whose fields are tensors of equal length; a `Batch`."""

    def columns(self) -> tuple[Tensor, ...]:
        """Return the fields, in their order."""
        return tuple(getattr(self, each.name) for each in fields(self))

    def __len__(self) -> int:
        return len(self.columns()[0])

    def to(self, device: torch.device) -> Self:
        """Return the same on another device."""
        return type(self)(*(x.to(device) for x in self.columns()))

    def split(self, size: int) -> Iterator[Self]:
        """Divide them into parts of `size` examples; the last may have fewer."""
        parts = zip(*(x.split(size) for x in self.columns()), strict=True)
        return (type(self)(*part) for part in parts)

    def rows(self, rows: np.ndarray) -> Self:
        """Return those at positions `[m]`."""
        picked = torch.from_numpy(rows)
        return type(self)(*(x[picked] for x in self.columns()))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all parts as one."""
        return cls(*map(torch.cat, zip(*(part.columns() for part in parts), strict=True)))


@dataclass(frozen=True, eq=False)
class Examples(Columns):
    """Presets, notes, and what is to be predicted.

    Attributes:
        relaxed: Relaxed presets, `[n, w]`.
        note: Scaled notes, `[n, 3]`.
        outputs: Components of the features of their sounds, `[n, k]`.
    """

    relaxed: Tensor
    note: Tensor
    outputs: Tensor


class Source(Protocol[B_co]):
    """Batches of examples; a batch is a function of its number, so that training can resume."""

    def batch(self, step: int) -> B_co:
        """Return the batch of a step, from 0."""
        ...


@dataclass(frozen=True, eq=False)
class StoredExamples:
    """Batches of stored examples, in a new order every epoch.

    Attributes:
        space: Columns of presets.
        values: Values of the presets' free parameters, `[n, d]`.
        note: Scaled notes, `[n, 3]`.
        outputs: Components, `[n, k]`, of any floating type.
        size: Number of examples in a batch; the last ones of an epoch that fill none are left out.
        seed: Seed of the order.
    """

    space: RelaxedSpace
    values: Array
    note: Tensor
    outputs: Tensor
    size: int
    seed: int

    def batch(self, step: int) -> Examples:
        """Return the batch of a step, from 0."""
        return self.rows(rows_of_step(step, len(self.values), self.size, self.seed))

    def rows(self, rows: np.ndarray) -> Examples:
        """Return the examples at positions `[m]`."""
        picked = torch.from_numpy(rows)
        return Examples(
            self.space.relax(self.values[rows]), self.note[picked], self.outputs[picked].float()
        )

    def all(self) -> Examples:
        """Return all examples, in their order."""
        return self.rows(np.arange(len(self.values)))


def rows_of_step(step: int, n: int, size: int, seed: int) -> np.ndarray:
    """Return the positions of a step's examples, `[size]`, in a new order every epoch.

    Args:
        step: Number of the step, from 0.
        n: Number of examples.
        size: Number of examples in a batch; `n` at most.
        seed: Seed of the order.
    """
    size = min(size, n)
    epoch, place = divmod(step, n // size)
    order = np.random.default_rng((seed, epoch)).permutation(n)
    return order[place * size : (place + 1) * size]
