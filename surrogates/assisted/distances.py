"""Distances, approximated from spectrograms, so that any set of objectives has a gradient.

The objectives are measured on audio; a surrogate predicts spectrograms. A few distances of
spectrograms, each like a family of objectives, are mixed to each objective with weights that are
fitted to renders.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from patchwright.synths.parameters import Array

STATISTICS = (
    "log magnitudes",
    "shape",
    "cepstra",
    "mean cepstrum",
    "convergence",
    "means",
    "deviations",
    "levels",
    "envelope",
    "onsets",
    "centroids",
)
"""Distances of spectrograms, in the order of `spectral_distances`."""

_COEFFICIENTS = 13, 40  # of cepstra by frame, and of the mean cepstrum
_RANGE = 80.0  # dB below a spectrogram's maximum that count in its shape
_RIDGE = 1e-3  # weight of the prior that all statistics share an objective
_NEAR = 0.2  # score at which an evaluation counts half as much as one at 0


def spectral_distances(spectrograms: Tensor, target: Tensor) -> Tensor:
    """Measure distances of spectrograms to one.

    Args:
        spectrograms: Spectrograms in dB, `[n, b, f]`.
        target: Spectrogram of the target, `[b, f]`.

    Returns:
        Distances `[n, 11]`, at least 0, as `STATISTICS` lists them; differentiable.
    """
    _n, bands, _frames = spectrograms.shape
    difference = spectrograms - target
    dct = _dct(bands, target)
    cepstra = torch.einsum("kb,nbf->nkf", dct, difference)
    magnitude, aim = (10 ** (x / 20) for x in (spectrograms, target))
    loudness, aims = (10 * torch.log10((x**2).sum(-2) + 1e-9) for x in (magnitude, aim))
    envelope, aimed = (x.square().sum(-2).sqrt() for x in (magnitude, aim))
    cosine = torch.nn.functional.cosine_similarity(envelope, aimed[None], dim=1)
    shape, aimed_shape = (
        torch.clamp(x - x.amax((-2, -1), keepdim=True), min=-_RANGE) for x in (spectrograms, target)
    )
    rise, aimed_rise = (torch.relu(x.diff(dim=-1)).mean(-2) for x in (shape, aimed_shape))
    place = torch.arange(bands, dtype=target.dtype)
    centroid, aimed_centroid = (
        torch.einsum("b,...bf->...f", place, x**2) / ((x**2).sum(-2) + 1e-9)
        for x in (magnitude, aim)
    )
    weight = aimed / aimed.sum()
    found = (
        difference.abs().mean((1, 2)),
        (shape - aimed_shape).abs().mean((1, 2)),
        cepstra[:, : _COEFFICIENTS[0]].abs().mean((1, 2)),
        cepstra[:, : _COEFFICIENTS[1]].mean(2).abs().mean(1),
        10 * _norm(magnitude - aim) / _norm(aim[None]),
        difference.mean(2).abs().mean(1),
        (spectrograms.std(2) - target.std(1)).abs().mean(1),
        (loudness - aims).abs().mean(1),
        10 * (1 - cosine),
        (rise - aimed_rise).abs().mean(1),
        ((centroid - aimed_centroid).abs() * weight).sum(1),
    )
    return torch.stack(found, dim=1)


def _norm(x: Tensor) -> Tensor:
    return x.square().sum((1, 2)).add(1e-12).sqrt()


def _dct(n: int, like: Tensor) -> Tensor:
    """Return the orthonormal cosine transform of `n` bands: 40 coefficients at most, `[k, n]`."""
    k = torch.arange(min(n, _COEFFICIENTS[1]), dtype=like.dtype)
    place = torch.arange(n, dtype=like.dtype) + 0.5
    basis = torch.cos(math.pi / n * k[:, None] * place) * math.sqrt(2 / n)
    basis[0] /= math.sqrt(2)
    return basis


class CalibratedDistances:
    """Mixtures of spectral distances that stand for the objectives.

        F_j ~ sum_q w_jq s_q,  w_jq >= 0    (1)

    Non-negative least squares over the evaluations so far, in which near ones count more; distances
    of equal sounds stay 0. Of several notes the statistics are means, as the objectives are.

    Args:
        target: Spectrograms of the target's notes in dB, `[p, b, f]`.
    """

    def __init__(self, target: Tensor) -> None:
        self._target = target
        self._weights: Tensor | None = None

    def statistics(self, spectrograms: Tensor) -> Array:
        """Measure spectrograms `[n, p, b, f]`: what `fit` learns from, `[n, 11]`."""
        with torch.no_grad():
            return self._measured(spectrograms).double().numpy()

    def _measured(self, spectrograms: Tensor) -> Tensor:
        notes = zip(spectrograms.unbind(1), self._target, strict=True)
        return torch.stack([spectral_distances(own, target) for own, target in notes]).mean(0)

    def fit(self, measured: Array, scores: Array) -> None:
        """Fit the weights to sounds with statistics `[n, 11]` and scaled scores `[n, m]`."""
        units = np.median(measured, axis=0)
        units = np.where(units > 0, units, 1.0)
        q = len(units)
        weights = []
        for column in scores.T:
            relevance = 1 / (column + _NEAR)
            prior = math.sqrt(_RIDGE * float(np.sum(relevance**2)))
            rows = np.concatenate(
                [measured / units * relevance[:, None], prior * np.eye(q)], axis=0
            )
            aims = np.concatenate([column * relevance, np.full(q, prior / q)])
            weights.append(nnls(rows, aims)[0] / units)
        self._weights = torch.from_numpy(np.stack(weights)).to(self._target.dtype)

    def __call__(self, spectrograms: Tensor) -> Tensor:
        """Return approximate scaled scores `[n, m]` of spectrograms `[n, p, b, f]`, by (1)."""
        if self._weights is None:
            raise RuntimeError("fit was not called")
        return self._measured(spectrograms) @ self._weights.T
