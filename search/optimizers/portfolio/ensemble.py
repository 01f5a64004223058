"""What the best evaluations tell of how genes and sounds go together."""

import numpy as np

from patchwright.search.optimizer import Residuals, nearest
from patchwright.synths.parameters import Array

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
        self._scores: Array | None = None
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
        genotypes, scores, residuals = genotypes[heard], scores[heard], residuals[heard]
        if self._scores is not None and self._residuals is not None:
            genotypes = np.concatenate([self._genotypes, genotypes])
            scores = np.concatenate([self._scores, scores])
            residuals = np.concatenate([self._residuals, residuals])
        kept = nearest(genotypes, scores, MOST)
        self._genotypes, self._scores = genotypes[kept], scores[kept]
        self._residuals = residuals[kept]

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
