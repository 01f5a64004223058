"""A linear model of genes and residuals, fitted to the best evaluations."""

import numpy as np

from patchwright.search.optimizer import Residuals, nearest
from patchwright.synths.parameters import Array

FEWEST, MOST = 50, 300  # range of the number of members that the model is fitted to
_LEAST_NOISE, _GREATEST_NOISE = 1e-4, 1.0  # range of the noise, a share of the variance
_SHORTEST, _LONGEST = 0.3, 1.2  # range of the length of a step, in computed ones


class Ensemble:
    """The evaluations nearest to the target, and steps towards it computed from them.

    Ensemble Kalman inversion (Iglesias, Law and Stuart, "Ensemble Kalman methods for inverse
    problems", Inverse Problems 29, 2013, equation 5): a genotype with residuals r steps by

        dx = -length C_xr (C_rr + noise tr(C_rr) I)^-1 r    (1)

    with the covariance C_xr of genes and residuals, and C_rr of residuals. The noise regularises
    it, and so does the ensemble: genes in which the best agree stay as they are.

    Args:
        d: Number of genes.
    """

    def __init__(self, d: int) -> None:
        self._genotypes: Array = np.empty((0, d))
        self._scores: Array | None = None
        self._residuals: Residuals | None = None

    def __len__(self) -> int:
        return len(self._genotypes)

    def add(self, genotypes: Array, scores: Array, residuals: Residuals) -> None:
        """Add evaluations; the nearest to the ideal point are kept, each genotype once.

        Args:
            genotypes: Genotypes `[n, d]`.
            scores: Scores `[n, m]`.
            residuals: Residuals `[n, r]`; rows that are not finite are ignored.
        """
        rendered = np.isfinite(residuals).all(axis=1)
        genotypes, scores, residuals = genotypes[rendered], scores[rendered], residuals[rendered]
        if self._scores is not None and self._residuals is not None:
            genotypes = np.concatenate([self._genotypes, genotypes])
            scores = np.concatenate([self._scores, scores])
            residuals = np.concatenate([self._residuals, residuals])
        kept = nearest(genotypes, scores, MOST)
        self._genotypes, self._scores = genotypes[kept], scores[kept]
        self._residuals = residuals[kept]

    def steps(self, residuals: Residuals, rng: np.random.Generator) -> Array:
        """Return steps (1) towards the target from genotypes with residuals `[k, r]`: `[k, d]`.

        The number of members, the noise and the length are random, so that short and long steps
        compete.
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
        # (1) in the eigenvectors of the members' Gram matrix, which is smaller than C_rr
        share = (residuals.astype(np.float64) @ sounds.T) @ axes
        share /= np.maximum(variances, 0) + noise * total
        return np.asarray(-length * (share @ axes.T @ genes))
