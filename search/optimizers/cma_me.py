"""CMA-ME (Fontaine et al., "Covariance matrix adaptation for rapid illumination", GECCO 2020)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patchwright.search.optimizer import Told, at_least, share
from patchwright.search.optimizers.quality_diversity import QualityDiversity
from patchwright.synths.parameters import Array

if TYPE_CHECKING:
    from ribs.archives import GridArchive
    from ribs.emitters import EvolutionStrategyEmitter


@dataclass(kw_only=True, eq=False)
class CMAME(QualityDiversity):
    """CMA-ME: MAP-Elites by CMA-ES, which adapts to where cells can be improved.

    Improvement emitters of pyribs start at the best elites, and restart at a random elite when
    they improve nothing. Points outside the unit cube are mirrored at its faces, because
    the library's resampling might never end.

    Args:
        emitters: Number of emitters, among which the population is divided.
        sigma: First standard deviation of each.
    """

    emitters: int = 4
    sigma: float = 0.1

    def _setup(self) -> None:
        super()._setup()
        at_least("emitters", self.emitters, 1)
        at_least("population", self.population, 2 * self.emitters)
        share("sigma", self.sigma)
        self._emitters: list[EvolutionStrategyEmitter] = []

    def _ask(self) -> Array:
        if not self._emitters:
            return self._first()
        return mirrored(np.concatenate([emitter.ask() for emitter in self._emitters]))

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        added = self._add(told)
        if not self._emitters:
            if self._archive is not None:
                self._emitters = self._new_emitters(self._archive)
            return
        places = np.nan_to_num(told.descriptors)  # emitters rank by status and value, not by these
        ends = np.cumsum([emitter.batch_size for emitter in self._emitters])
        for emitter, end in zip(self._emitters, ends.tolist(), strict=True):
            rows = slice(end - emitter.batch_size, end)
            added_here = {"status": added.status[rows], "value": added.value[rows]}
            emitter.tell(genotypes[rows], -scores[rows, 0], places[rows], added_here)

    def _new_emitters(self, archive: "GridArchive") -> "list[EvolutionStrategyEmitter]":
        from ribs.emitters import EvolutionStrategyEmitter

        elites = archive.data()
        best = elites["solution"][np.argsort(-elites["objective"], kind="stable")]
        sizes = np.diff(np.linspace(0, self.population, self.emitters + 1).astype(int))
        return [
            EvolutionStrategyEmitter(
                archive,
                x0=best[number % len(best)],
                sigma0=self.sigma,
                ranker="2imp",
                batch_size=int(size),
                seed=int(self._rng.integers(2**31)),
            )
            for number, size in enumerate(sizes)
        ]


def mirrored(points: Array) -> Array:
    """Mirror points `[n, d]` at the faces of the unit cube until they lie in it."""
    return np.asarray(1.0 - np.abs(1.0 - np.mod(points, 2.0)))
