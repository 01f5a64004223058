"""What a model gets wrong, learned from the renders of a run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

_LENGTHS = (0.5, 1.0, 2.0)  # length scales to choose from, in median distances
_NOISES = (1e-3, 1e-2, 1e-1)  # variances of noise to choose from, relative to the signal's
_SAME = 1e-6  # distance of rows that are equal but for rounding
_JUDGED = 32  # leading residuals by which the scales are chosen


@dataclass(frozen=True)
class Scales:
    """Scales of a correction's kernel.

    Attributes:
        lengths: Length scale of each block of inputs.
        noise: Variance of the noise, relative to the signal's.
    """

    lengths: tuple[float, ...]
    noise: float


@dataclass(frozen=True, eq=False)
class Correction:
    """Gaussian process on residuals: the mean of what a model misses, and what is left uncertain.

        k(a, b) = exp(-|a - b|^2 / (2 l^2))                 (1)
        mean(a) = k(a, A) (K + noise I)^-1 R                (2)
        var(a) = s^2 (1 - |L^-1 k(A, a)|^2)                 (3)

    with the Cholesky factor L of K + noise I. All outputs share the kernel. Inputs are joined
    blocks, such as predictions and presets, each divided by its length scale (C. E. Rasmussen and
    C. K. I. Williams, Gaussian processes for machine learning, 2006, equations 2.25, 2.26 and
    5.12). It is fitted in double precision and asked in single.

    Attributes:
        inputs: Inputs of the known residuals, scaled, `[n, a]`.
        units: Unit of each input, `[a]`.
        whitening: Inverse of L, `[n, n]`.
        weights: (K + noise I)^-1 R, `[n, k]`.
        variance: Mean square of the residuals, s^2.
        scales: Scales of the kernel.
        skill: Share of the residuals' mean square that leaving one out predicts; 0 at best if the
            residuals cannot be learned, 1 if they are known.
    """

    inputs: Tensor
    units: Tensor
    whitening: Tensor
    weights: Tensor
    variance: float
    scales: Scales
    skill: float

    @classmethod
    def fit(
        cls, blocks: tuple[Tensor, ...], residuals: Tensor, scales: Scales | None = None
    ) -> Correction:
        """Fit to known residuals.

        Args:
            blocks: Blocks of inputs, `[n, a_i]`, at least two rows.
            residuals: What the model misses there, `[n, k]`, the greatest first.
            scales: Scales of an earlier fit; if None, those of the least leave-one-out error.
        """
        blocks = tuple(block.double() for block in blocks)
        residuals = residuals.double()
        squares = [torch.cdist(block, block).square() for block in blocks]
        scales = _best_scales(squares, residuals[:, :_JUDGED]) if scales is None else scales
        factor = _factor(squares, scales)
        if factor is None:
            raise RuntimeError("the kernel is not positive definite")
        weights = torch.cholesky_solve(residuals, factor)
        whitening = torch.linalg.solve_triangular(
            factor, torch.eye(len(factor), dtype=torch.float64), upper=False
        )
        variance = float(residuals.square().mean())
        left_out = float((weights / whitening.square().sum(0)[:, None]).square().mean())
        units = torch.cat(
            [
                torch.full((block.shape[1],), length, dtype=torch.float64)
                for block, length in zip(blocks, scales.lengths, strict=True)
            ]
        )
        return cls(
            inputs=(torch.cat(blocks, dim=1) / units).float(),
            units=units.float(),
            whitening=whitening.float(),
            weights=weights.float(),
            variance=variance,
            scales=scales,
            skill=1 - left_out / variance if variance > 0 else 1.0,
        )

    def mean(self, inputs: Tensor) -> Tensor:
        """Return means `[n, k]` at inputs `[n, a]`, by equation 2; differentiable."""
        return self._cross(inputs) @ self.weights

    def __call__(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return means `[n, k]` and deviations `[n]` at inputs `[n, a]`; differentiable."""
        cross = self._cross(inputs)
        left = 1 - (cross @ self.whitening.T).square().sum(1)
        return cross @ self.weights, (self.variance * left.clamp(min=1e-6)).sqrt()

    def _cross(self, inputs: Tensor) -> Tensor:
        scaled = inputs / self.units
        squares = scaled.square().sum(1)[:, None] + self.inputs.square().sum(1)
        return torch.exp(-0.5 * (squares - 2 * scaled @ self.inputs.T).clamp(min=0))


def _best_scales(squares: list[Tensor], residuals: Tensor) -> Scales:
    """Return the scales with the least leave-one-out error.

    Args:
        squares: Squared distances by block, `[n, n]` each.
        residuals: Residuals, `[n, k]`.
    """
    medians = [_median_distance(block) for block in squares]
    best: tuple[float, Scales] | None = None
    for factors in itertools.product(_LENGTHS, repeat=len(squares)):
        lengths = tuple(m * f for m, f in zip(medians, factors, strict=True))
        for noise in _NOISES:
            scales = Scales(lengths, noise)
            factor = _factor(squares, scales)
            if factor is None:
                continue
            inverse = torch.cholesky_inverse(factor)
            errors = (inverse @ residuals) / inverse.diagonal()[:, None]
            error = float(errors.square().mean())
            if best is None or error < best[0]:
                best = error, scales
    if best is None:
        raise RuntimeError("no kernel is positive definite")
    return best[1]


def _factor(squares: list[Tensor], scales: Scales) -> Tensor | None:
    """Return the lower Cholesky factor of K + noise I; None if it is not positive definite."""
    exponent = sum(
        (s / length**2 for s, length in zip(squares, scales.lengths, strict=True)),
        torch.zeros((), dtype=torch.float64),
    )
    kernel = torch.exp(-0.5 * exponent)
    kernel.diagonal().add_(scales.noise)
    factor, failed = torch.linalg.cholesky_ex(kernel)
    return None if failed else factor


def _median_distance(squares: Tensor) -> float:
    """Return the median distance between different rows; 1 if they are all equal."""
    rows, columns = torch.triu_indices(len(squares), len(squares), 1)
    distances = squares[rows, columns].sqrt()
    distances = distances[distances > _SAME]
    return float(distances.median()) if len(distances) else 1.0
