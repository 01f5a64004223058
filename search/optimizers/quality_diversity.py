"""Base class of pyribs' optimizers: an archive of the best genotype of each cell."""

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.elites import CELLS
from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least, share
from patchwright.synths.parameters import Array

if TYPE_CHECKING:
    from ribs.archives import GridArchive


@dataclass(frozen=True, eq=False)
class Added:
    """Result of adding genotypes to the archive.

    Attributes:
        status: Status of each genotype, `[n]`: 2 is the first of its cell, 1 is better than the
            one before, 0 is not added.
        value: Improvement, `[n]`.
    """

    status: NDArray[np.int32]
    value: Array


@dataclass(kw_only=True, eq=False)
class QualityDiversity(Optimizer):
    """A grid of cells over the descriptors, with the best genotype of each.

    The first generation is all initial genotypes, then samples of the prior. Failed renders have
    no cell. Nor have presets that are too far from the target, which would otherwise take most of
    the renders.

    Args:
        population: Genotypes per generation.
        cells: Number of cells along each descriptor.
        admitted: Share of the first generation that is close enough to be added; later presets
            must be as close. 1 admits all, as the papers do.
    """

    population: int = 50
    cells: int = CELLS
    admitted: float = 0.1

    multi_objective: ClassVar[bool] = False
    needs_descriptors: ClassVar[bool] = True

    @classmethod
    def missing(cls) -> str | None:
        """Return what must be installed first; see `Optimizer.missing`."""
        if importlib.util.find_spec("ribs") is not None:
            return None
        return "pyribs is not installed: pip install 'patchwright[qd]'."

    def _setup(self) -> None:
        if (mend := self.missing()) is not None:
            raise SearchError(mend)
        at_least("cells", self.cells, 1)
        share("admitted", self.admitted)
        self._started = False
        self._archive: GridArchive | None = None
        self._archive_seed = int(self._rng.integers(2**31))
        self._least = -np.inf  # least quality that is admitted

    def _first(self) -> Array:
        """Return genotypes `[n, d]` while the archive is empty."""
        if self._started:
            return self.subspace.sample(self.population, self._rng)
        self._started = True
        known = 0 if self.initial is None else len(self.initial)
        return self._starting_points(max(self.population, known))

    def _add(self, told: Told) -> Added:
        """Add a generation to the archive."""
        places = told.descriptors
        rendered = np.isfinite(places).all(axis=1)
        quality = -told.scores[:, 0]
        status, value = np.zeros(len(quality), np.int32), quality.copy()
        if self._archive is None and rendered.any():
            self._archive = self._new_archive(places.shape[1])
            if self.admitted < 1:
                self._least = float(np.quantile(quality[rendered], 1 - self.admitted))
        rows = np.flatnonzero(rendered & (quality >= self._least))
        if self._archive is not None and len(rows):
            added = self._archive.add(told.genotypes[rows], quality[rows], places[rows])
            status[rows], value[rows] = added["status"], added["value"]
        return Added(status, value)

    def _new_archive(self, k: int) -> "GridArchive":
        from ribs.archives import GridArchive  # slow: it imports pandas and scikit-learn

        return GridArchive(
            solution_dim=len(self.subspace),
            dims=[self.cells] * k,
            ranges=[(0.0, 1.0)] * k,
            seed=self._archive_seed,
        )
