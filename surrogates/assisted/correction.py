"""What a model gets wrong, learned from the renders of a run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

_LENGTHS = (0.5, 1.0, 2.0)  # length scales to choose from, in median distances
_NOISES = (1e-3, 1e-2, 1e-1)  # variances of noise to choose from, relative to the signal's


@dataclass(frozen=True, eq=False)
class Correction:
    """Gaussian process on residuals: the mean of what a model misses, and what is left uncertain.

        k(a, b) = exp(-|a - b|^2 / (2 l^2))                 (1)
        mean(a) = k(a, A) (K + noise I)^-1 R                (2)
        var(a) = s^2 (1 - k(a, A) (K + noise I)^-1 k(A, a))  (3)

    All outputs share the kernel. Inputs are joined blocks, such as predictions and presets, each
    divided by its median distance; the length scale and the noise have the least leave-one-out
    error (C. E. Rasmussen and C. K. I. Williams, Gaussian processes for machine learning, 2006,
    equations 2.25, 2.26 and 5.12).

    Attributes:
        inputs: Inputs of the known residuals, scaled, `[n, a]`.
        units: Unit of each input, `[a]`.
        factor: Lower Cholesky factor of K + noise I, `[n, n]`.
        weights: (K + noise I)^-1 R, `[n, k]`.
        variance: Mean square of the residuals, s^2.
        skill: Share of the residuals' mean square that leaving one out predicts; 0 at best if the
            residuals cannot be learned, 1 if they are known.
    """

    inputs: Tensor
    units: Tensor
    factor: Tensor
    weights: Tensor
    variance: float
    skill: float

    @classmethod
    def fit(cls, blocks: tuple[Tensor, ...], residuals: Tensor) -> Correction:
        """Fit to known residuals.

        Args:
            blocks: Blocks of inputs, `[n, a_i]`, at least two rows.
            residuals: What the model misses there, `[n, k]`.
        """
        scales = [_median_distance(block) for block in blocks]
        residuals = residuals.double()
        variance = float(residuals.square().mean())
        best: tuple[float, Correction] | None = None
        for lengths in itertools.product(_LENGTHS, repeat=len(blocks)):
            units = torch.cat(
                [
                    torch.full((block.shape[1],), scale * length, dtype=torch.float64)
                    for block, scale, length in zip(blocks, scales, lengths, strict=True)
                ]
            )
            inputs = torch.cat(blocks, dim=1).double() / units
            kernel = _kernel(inputs, inputs)
            for noise in _NOISES:
                regular = kernel + noise * torch.eye(len(kernel), dtype=torch.float64)
                factor, failed = torch.linalg.cholesky_ex(regular)
                if failed:
                    continue
                inverse = torch.cholesky_inverse(factor)
                weights = inverse @ residuals
                left_out = float((weights / inverse.diagonal()[:, None]).square().mean())
                if best is None or left_out < best[0]:
                    skill = 1 - left_out / variance if variance > 0 else 1.0
                    found = cls(inputs, units, factor, weights, variance, skill)
                    best = left_out, found
        if best is None:
            raise RuntimeError("no kernel is positive definite")
        return best[1]

    def __call__(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return means `[n, k]` and deviations `[n]` at inputs `[n, a]`; differentiable."""
        cross = _kernel(inputs.double() / self.units, self.inputs)
        solved = torch.cholesky_solve(cross.T, self.factor)
        left = (1 - (cross * solved.T).sum(1)).clamp(min=1e-6)
        mean = cross @ self.weights
        return mean.to(inputs.dtype), (self.variance * left).sqrt().to(inputs.dtype)


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    squares = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
    return torch.exp(-0.5 * squares.clamp(min=0))


def _median_distance(rows: Tensor) -> float:
    """Return the median distance between different rows; 1 if they are all equal."""
    distances = torch.pdist(rows.double())
    distances = distances[distances > 0]
    return float(distances.median()) if len(distances) else 1.0
