"""Examples that networks learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths.parameters import Array


@dataclass(frozen=True, eq=False)
class Examples:
    """Presets, notes, and what is to be predicted.

    Attributes:
        relaxed: Relaxed presets, `[n, w]`.
        note: Scaled notes, `[n, 3]`.
        outputs: Components of the features of their sounds, `[n, k]`.
    """

    relaxed: Tensor
    note: Tensor
    outputs: Tensor

    def __len__(self) -> int:
        return len(self.relaxed)

    def to(self, device: torch.device) -> Examples:
        """Return the same on another device."""
        return Examples(self.relaxed.to(device), self.note.to(device), self.outputs.to(device))


class Source(Protocol):
    """Batches of examples; a batch is a function of its number, so that training can resume."""

    def batch(self, step: int) -> Examples:
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
        size = min(self.size, len(self.values))
        epoch, place = divmod(step, len(self.values) // size)
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.values))
        return self.rows(order[place * size : (place + 1) * size])

    def rows(self, rows: np.ndarray) -> Examples:
        """Return the examples at positions `[m]`."""
        picked = torch.from_numpy(rows)
        return Examples(
            self.space.relax(self.values[rows]), self.note[picked], self.outputs[picked].float()
        )

    def all(self) -> Examples:
        """Return all examples, in their order."""
        return self.rows(np.arange(len(self.values)))
