"""Several optimizers on one problem; the worst restarts from the best of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from patchwright.search.archive import Archive
from patchwright.search.ideal import distance_to_ideal
from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least
from patchwright.synths.errors import did_you_mean
from patchwright.synths.parameters import Array

_HANDED_OVER = 10  # members of the archive that a restarted island gets


@dataclass(kw_only=True, eq=False)
class Islands(Optimizer):
    """Optimizers in turn; the worst of them restarts from the best that all have found.

    Each generation is that of the island with the fewest evaluations, so all get about equally
    many, whatever their populations. All scores go to one archive. At an exchange, the island with
    the worst best score since its start restarts, with members of the archive as initial
    genotypes. So does an island that has stopped. Categories are searched as the methods do it.

    Args:
        methods: Names of the optimizers; a name may occur twice.
        options: Options of each, by name.
        exchange: Evaluations between exchanges; 0 never exchanges.
    """

    methods: Sequence[str] = ("portfolio", "nsga2")
    options: Mapping[str, Mapping[str, Any]] | None = None
    exchange: int = 500

    supports_categories: ClassVar[bool] = True
    learns_from_residuals: ClassVar[bool] = True

    def _setup(self) -> None:
        at_least("exchange", self.exchange, 0)
        if isinstance(self.methods, str) or not self.methods:
            raise SearchError("methods must be a list of optimizers: name two or more.")
        self._classes = [_island(name) for name in self.methods]
        for name, options in (self.options or {}).items():
            if name not in self.methods:
                raise SearchError(f"{name} has options, but is not in methods: add it there.")
            _check_options(name, options)
        self._archive = Archive(len(self.subspace), self.n_objectives)
        self._islands = [self._new(number, self.initial) for number in range(len(self.methods))]
        self._best = np.full(len(self.methods), np.inf)
        self._evaluations = np.zeros(len(self.methods), np.int64)
        self._turn = self._since = 0

    def _new(self, number: int, initial: Array | None) -> Optimizer:
        return self._classes[number](
            self.subspace,
            self.n_objectives,
            seed=int(self._rng.integers(2**31)),
            initial=initial,
            budget=None if self.budget is None else max(1, self.budget // len(self.methods)),
            **(self.options or {}).get(self.methods[number], {}),
        )

    def _ask(self) -> Array:
        self._turn = int(np.argmin(self._evaluations))
        genotypes = self._islands[self._turn].ask()
        if not len(genotypes) and len(self._archive):
            self._restart(self._turn)
            genotypes = self._islands[self._turn].ask()
        return genotypes

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        self._islands[self._turn].tell(genotypes, scores, residuals=told.residuals)
        self._archive.add(genotypes, scores)
        nearest = distance_to_ideal(scores).min()
        self._best[self._turn] = min(self._best[self._turn], nearest)
        self._evaluations[self._turn] += len(genotypes)
        self._since += len(genotypes)
        if 0 < self.exchange <= self._since:
            self._since = 0
            best = np.where(np.isfinite(self._best), self._best, -np.inf)  # inf has not begun
            self._restart(int(np.argmax(best)))

    def _restart(self, number: int) -> None:
        initial = self._archive.genotypes[self._archive.spread(_HANDED_OVER)]
        self._islands[number] = self._new(number, initial)
        self._best[number] = np.inf

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return self._islands[self._turn].stopped()


def _island(name: str) -> type[Optimizer]:
    from patchwright.search.optimizers import OPTIMIZERS  # circular: it has this class

    if name == "islands":
        raise SearchError("islands cannot be an island itself: name the methods one by one.")
    if name not in OPTIMIZERS:
        raise SearchError(f"There is no optimizer {name!r}: {did_you_mean(str(name), OPTIMIZERS)}")
    if OPTIMIZERS[name].needs_descriptors:
        raise SearchError(f"{name} needs descriptors, and cannot be an island: leave it out.")
    return OPTIMIZERS[name]


def _check_options(name: str, options: Mapping[str, Any]) -> None:
    known = _island(name).own_options()
    for option in options:
        if option not in known:
            raise SearchError(
                f"The optimizer {name} has no option {option!r}: {did_you_mean(option, known)}"
            )
