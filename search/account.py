"""Who proposed the presets of a search, and what was expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from patchwright.synths.parameters import Array


@dataclass(frozen=True, eq=False)
class Origins:
    """Who proposed a generation, and what was expected of it.

    Attributes:
        parts: Name of the part of the optimizer that proposed each preset, `n`.
        believed: Expected distances to the ideal point, `[n]`; NaN where nothing was expected.
    """

    parts: Sequence[str]
    believed: Array

    def at(self, rows: Sequence[int]) -> Origins:
        """Return those of some rows."""
        return Origins([self.parts[row] for row in rows], self.believed[rows])


@dataclass(frozen=True)
class Proposal:
    """A render of which something was expected.

    Attributes:
        part: Name of the part that proposed it.
        renders: Number of renders until then.
        believed: Expected distance to the ideal point.
        rendered: Distance to the ideal point.
    """

    part: str
    renders: int
    believed: float
    rendered: float


@dataclass
class Contribution:
    """What one part of an optimizer has done.

    Attributes:
        proposed: Number of presets that it proposed.
        nearest: How many of them were the nearest so far.
    """

    proposed: int = 0
    nearest: int = 0


@dataclass
class Account:
    """Who proposed the presets of a search, and what was expected of them.

    Attributes:
        contributions: What each part has done, by name.
        proposals: Renders of which something was expected.
        found_by: Name of the part that proposed the nearest preset; empty if it was none.
    """

    contributions: dict[str, Contribution] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    found_by: str = ""

    def add(self, origins: Origins, distances: Array, *, nearest: float, renders: int) -> None:
        """Add renders.

        Args:
            origins: Who proposed them.
            distances: Distances to the ideal point, `[n]`; infinite for failed renders.
            nearest: Least distance before.
            renders: Number of renders before.
        """
        rows = zip(origins.parts, origins.believed.tolist(), distances.tolist(), strict=True)
        for number, (part, believed, distance) in enumerate(rows, renders + 1):
            found = self.contributions.setdefault(part, Contribution())
            found.proposed += 1
            if distance < nearest:
                nearest, self.found_by = distance, part
                found.nearest += 1
            if np.isfinite([believed, distance]).all():
                self.proposals.append(Proposal(part, number, believed, distance))
