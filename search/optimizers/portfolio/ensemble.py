"""What the best evaluations tell of how genes and sounds go together."""

import numpy as np

from search.optimizer import Residuals
from synths.parameters import Array

FEWEST, MOST = 50, 300  # members that steps are learned from
_LEAST_NOISE, _GREATEST_NOISE = 1e-4, 1.0  # variance that is not believed, in all there is
_SHORTEST, _LONGEST = 0.3, 1.2  # steps, in those that are computed


class Ensemble:
    """The evaluations nearest to the target, and steps towards it that they let expect.

    Ensemble Kalman inversion (Iglesias, Law and Stuart, "Ensemble Kalman methods for inverse
    problems", Inverse Problems 29, 2013, equation 5): the covariance of genes with residuals, and
    that of residuals, make a linear model of the synth, in which a step to no residuals is
    computed. It is regularised by noise, and by the ensemble itself: genes in which the best agree
    stay as they are.

    Args:
        d: Genes.
    """

    def __init__(self, d: int) -> None:
        self._genotypes: Array = np.empty((0, d))
        self._distances: Array = np.empty(0)
        self._residuals: Residuals | None = None

    def __len__(self) -> int:
        return len(self._genotypes)

    def add(self, genotypes: Array, scores: Array, residuals: Residuals) -> None:
        """Offer evaluations; the nearest are kept, each genotype once.

        Args:
            genotypes: `[n, d]`.
            scores: `[n, m]`.
            residuals: `[n, r]`; rows that are not finite are passed over.
        """
        heard = np.isfinite(residuals).all(axis=1)
        before = residuals[:0] if self._residuals is None else self._residuals
        everyone = np.concatenate([self._genotypes, genotypes[heard]])
        told = np.concatenate([before, residuals[heard]])
        distances = np.sqrt((scores[heard] ** 2).mean(axis=1))
        distances = np.concatenate([self._distances, distances])
        _, first = np.unique(everyone, axis=0, return_index=True)
        first = np.sort(first)
        kept = first[np.argsort(distances[first], kind="stable")[:MOST]]
        self._genotypes, self._residuals = everyone[kept], told[kept]
        self._distances = distances[kept]

    def steps(self, residuals: Residuals, rng: np.random.Generator) -> Array:
        """Steps towards the target from genotypes with these residuals `[k, r]`: `[k, d]`.

        How many members are asked, how much noise is assumed and how far the step goes are drawn,
        so that the wary and the bold compete.
        """
        size = min(len(self), int(FEWEST * (MOST / FEWEST) ** rng.random()))
        k = len(residuals)
        noise = _LEAST_NOISE * (_GREATEST_NOISE / _LEAST_NOISE) ** rng.random((k, 1))
        length = rng.uniform(_SHORTEST, _LONGEST, (k, 1))
        if size < 2 or self._residuals is None:
            return np.zeros((k, self._genotypes.shape[1]))
        genes = self._genotypes[:size] - self._genotypes[:size].mean(axis=0)
        sounds = self._residuals[:size].astype(np.float64)
        sounds -= sounds.mean(axis=0)
        variances, axes = np.linalg.eigh(sounds @ sounds.T)
        total = variances.sum()
        if not total > 0:
            return np.zeros((k, genes.shape[1]))
        share = (residuals.astype(np.float64) @ sounds.T) @ axes
        share /= np.maximum(variances, 0) + noise * total
        return np.asarray(-length * (share @ axes.T @ genes))
