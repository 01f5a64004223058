"""Several networks that predict the same, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.surrogates.proxies.proxy import Proxy
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Proxies of the same synth that differ in their initial weights and the order of examples.

    Attributes:
        members: Proxies with the same columns and outputs, at least one.
    """

    members: Sequence[Proxy]

    @property
    def space(self) -> RelaxedSpace:
        """Columns of presets."""
        return self.members[0].space

    def __call__(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict components.

        Args:
            relaxed: Relaxed presets, `[n, w]`.
            note: Scaled note of all presets, `[3]`.

        Returns:
            Components by member, `[e, n, k]`, differentiable.
        """
        notes = note.expand(len(relaxed), -1)
        return torch.stack([member(relaxed, notes) for member in self.members])
