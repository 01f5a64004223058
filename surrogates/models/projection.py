"""Features of sounds in fewer numbers: what networks predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of features, all divided by one number.

        z = B (f - mean) / scale    (1)
        f ≈ mean + scale B^T z      (2)

    The rows of B are orthonormal, so that distances between z are distances between f, but for the
    variance that is lost and the scale.

    Attributes:
        mean: Mean of the features, `[f]`.
        basis: Principal axes, `[k, f]`.
        scale: Root mean square of the components, so that z has a mean square of 1.
        kept: Share of the variance that the components keep.
    """

    mean: Tensor
    basis: Tensor
    scale: float
    kept: float

    @classmethod
    def fit(cls, features: NDArray[np.floating], components: int, *, seed: int) -> Projection:
        """Fit principal components by randomised singular value decomposition.

        Args:
            features: Features `[n, f]`, finite.
            components: Number of components; fewer if there are fewer features or rows.
            seed: Seed of the decomposition.
        """
        from sklearn.decomposition import PCA  # slow to import

        components = min(components, *features.shape)
        pca = PCA(components, svd_solver="randomized", random_state=seed)
        reduced = pca.fit_transform(features.astype(np.float32))
        scale = float(np.sqrt(np.mean(reduced.astype(np.float64) ** 2)))
        return cls(
            mean=torch.from_numpy(pca.mean_.astype(np.float32)),
            basis=torch.from_numpy(pca.components_.astype(np.float32)),
            scale=scale if scale > 0 else 1.0,
            kept=float(pca.explained_variance_ratio_.sum()),
        )

    @property
    def components(self) -> int:
        """Number of components, `k`."""
        return len(self.basis)

    def reduce(self, features: Tensor) -> Tensor:
        """Return components `[n, k]` of features `[n, f]`, by equation 1."""
        return ((features - self.mean) @ self.basis.T) / self.scale

    def restore(self, reduced: Tensor) -> Tensor:
        """Return features `[n, f]` of components `[n, k]`, by equation 2."""
        return self.mean + self.scale * reduced @ self.basis
