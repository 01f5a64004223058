"""The surrogate of a search: a model, corrected by the renders of the run, and its distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from patchwright.search.ideal import distance_to_ideal
from patchwright.search.optimizer import Residuals, nearest
from patchwright.surrogates.assisted.correction import Correction
from patchwright.surrogates.assisted.descent import descend
from patchwright.surrogates.assisted.distances import CalibratedDistances
from patchwright.surrogates.assisted.relaxation import Relaxation, RelaxedGenotypes
from patchwright.surrogates.assisted.renders import Renders
from patchwright.surrogates.assisted.representation import Representation
from patchwright.synths.parameters import Array

_BEST, _LATEST = 200, 80  # renders that the correction is fitted to
_GROWTH = 1.5  # factor of the renders after which the scales of the correction are chosen anew
_FEWEST = 8  # renders without which nothing is believed
_RIDGE = 3.0  # of the linear model of a search without another
_CHUNK = 512  # presets that are predicted at once


class Model(Protocol):
    """Predicts components of relaxed presets, differentiable."""

    def __call__(self, relaxed: Tensor) -> Tensor:
        """Return components by member `[e, n, k]` of presets `[n, w]`."""
        ...

    def in_turn(self, relaxed: Tensor) -> Tensor:
        """Return components `[n, k]` of presets `[n, w]`, each by one member."""
        ...


@dataclass(frozen=True, eq=False)
class Belief:
    """What a surrogate believes of presets.

    Attributes:
        scores: Scaled scores, `[n, m]`.
        distances: Distances to the ideal point, `[n]`.
        deviations: Standard deviations of the distances, `[n]`.
    """

    scores: Array
    distances: Array
    deviations: Array


@dataclass(frozen=True, eq=False)
class Linear:
    """Components as a linear function of relaxed presets, by ridge regression.

    Attributes:
        weights: Weights and, last, the constant, `[w + 1, k]`.
    """

    weights: Tensor

    @classmethod
    def fit(cls, relaxed: Tensor, components: Tensor) -> Linear:
        """Fit to presets `[n, w]` with components `[n, k]`."""
        rows = functional.pad(relaxed, (0, 1), value=1.0).double()
        gram = rows.T @ rows + _RIDGE * torch.eye(rows.shape[1], dtype=torch.float64)
        return cls(torch.linalg.solve(gram, rows.T @ components.double()).float())

    def __call__(self, relaxed: Tensor) -> Tensor:
        """Predict components `[1, n, k]` of presets `[n, w]`."""
        return self.in_turn(relaxed)[None]

    def in_turn(self, relaxed: Tensor) -> Tensor:
        """Predict components `[n, k]` of presets `[n, w]`."""
        return functional.pad(relaxed, (0, 1), value=1.0) @ self.weights


class Surrogate:
    """Predicts the scores of presets from a model and the renders of the run.

    It is fitted to the renders when it is next asked, not when it learns of them.

    Args:
        genotypes: Free parameters among the columns of the model.
        representation: Components of sounds, relative to the target.
        model: Predicts components; None to learn them from the renders alone.
        correct: Whether renders correct the model.
    """

    def __init__(
        self,
        genotypes: RelaxedGenotypes,
        representation: Representation,
        model: Model | None,
        *,
        correct: bool = True,
    ) -> None:
        self._genotypes, self._representation = genotypes, representation
        self._correct = correct
        self._is_cold = model is None
        self._model: Model = _nothing(genotypes, representation) if model is None else model
        target = representation.spectrograms(representation.target[None])[0]
        self._calibrated = CalibratedDistances(target)
        self._correction: Correction | None = None
        self._scaled_at = 0  # renders when the scales of the correction were chosen
        self._known: Renders | None = None
        self._learned, self._is_fitted = 0, False

    @property
    def is_ready(self) -> bool:
        """Whether it has learned from enough renders to believe anything."""
        return self._known is not None and len(self._known) >= _FEWEST

    @property
    def skill(self) -> float:
        """Share of the model's errors that the correction predicts, when each is left out."""
        return 0.0 if self._correction is None else self._correction.skill

    def learn(self, genotypes: Array, scores: Array, residuals: Residuals) -> None:
        """Add evaluations; the best and the latest are kept.

        Args:
            genotypes: Genotypes `[n, d]`.
            scores: Scaled scores `[n, m]`.
            residuals: Components relative to the target, `[n, k]`; rows that are not finite are
                ignored.
        """
        rendered = np.isfinite(residuals).all(axis=1)
        genotypes, scores, residuals = genotypes[rendered], scores[rendered], residuals[rendered]
        if not len(genotypes):
            return
        real = torch.from_numpy(residuals.astype(np.float32)) + self._representation.target
        relaxed = self._genotypes.relax(genotypes)
        new = Renders(
            genotypes,
            scores,
            self._calibrated.statistics(self._representation.spectrograms(real)),
            relaxed,
            real,
            self._predicted(relaxed),
        )
        known = new if self._known is None else self._known.joined(new)
        kept = nearest(known.genotypes, known.scores, _BEST)
        latest = np.arange(max(0, len(known) - _LATEST), len(known))
        self._known = known.at(np.union1d(kept, latest))
        self._learned += len(new)
        self._is_fitted = False

    def _predicted(self, relaxed: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.cat([self._model(part).mean(0) for part in relaxed.split(_CHUNK)])

    def _fit(self) -> None:
        """Fit the distances and the correction to what is known, unless they are."""
        if self._is_fitted:
            return
        if self._known is None:
            raise RuntimeError("learn was not called")
        known, self._is_fitted = self._known, True
        self._calibrated.fit(known.statistics, known.scores)
        predicted = known.predicted
        if self._is_cold:
            self._model = Linear.fit(known.relaxed, known.real)
            predicted = self._predicted(known.relaxed)
        if not self._correct:
            return
        blocks = (known.relaxed,) if self._is_cold else (predicted, known.relaxed)
        scales = None
        if self._correction is not None and self._learned < _GROWTH * self._scaled_at:
            scales = self._correction.scales
        else:
            self._scaled_at = self._learned
        self._correction = Correction.fit(blocks, known.real - predicted, scales)

    def shortlist(self, genotypes: Array, n: int) -> Array:
        """Return the `n` of genotypes `[k, d]` with the nearest components: quick, and rough."""
        self._fit()
        target = self._representation.target
        with torch.no_grad():
            away = [
                (self._believed(relaxed)[0] - target).square().sum(1)
                for relaxed in self._genotypes.relax(genotypes).split(_CHUNK)
            ]
        return np.asarray(genotypes[np.argsort(torch.cat(away).numpy(), kind="stable")[:n]])

    def believe(self, genotypes: Array) -> Belief:
        """Predict the scores of genotypes `[n, d]`."""
        self._fit()
        scores, unsure = [], []
        with torch.no_grad():
            for relaxed in self._genotypes.relax(genotypes).split(_CHUNK):
                components, deviation = self._believed(relaxed)
                away = (components - self._representation.target).square().mean(1).sqrt()
                scores.append(self._calibrated(self._representation.spectrograms(components)))
                unsure.append(deviation / (away + deviation + 1e-9))
        found = torch.cat(scores).double().numpy()
        distances = distance_to_ideal(found)
        return Belief(found, distances, distances * torch.cat(unsure).double().numpy())

    def _believed(self, relaxed: Tensor) -> tuple[Tensor, Tensor]:
        """Return components `[n, k]` of relaxed presets `[n, w]`, and their deviations `[n]`."""
        members = self._model(relaxed)
        mean = members.mean(0)
        deviation = (members - mean).square().mean((0, 2)).sqrt()
        if self._correction is not None:
            missing, unknown = self._correction(self._inputs(mean, relaxed))
            mean, deviation = mean + missing, torch.hypot(deviation, unknown)
        return mean, deviation

    def _inputs(self, predicted: Tensor, relaxed: Tensor) -> Tensor:
        """Return the inputs of the correction, `[n, a]`."""
        return relaxed if self._is_cold else torch.cat([predicted, relaxed], dim=1)

    def _scores(self, relaxed: Tensor) -> Tensor:
        """Return scores `[n, m]` of relaxed presets `[n, w]`, differentiable.

        Each preset is predicted by one member of the model, which is as good a direction as that of
        their mean, and less work.
        """
        components = self._model.in_turn(relaxed)
        if self._correction is not None:
            components = components + self._correction.mean(self._inputs(components, relaxed))
        return self._calibrated(self._representation.spectrograms(components))

    def descend(
        self,
        genotypes: Array,
        *,
        steps: int,
        rate: float,
        rng: np.random.Generator,
        relaxation: Relaxation = "soft",
    ) -> Array:
        """Move genotypes `[n, d]` down the gradient of their distance; see `descend`."""
        self._fit()
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        return descend(
            self._genotypes,
            genotypes,
            lambda relaxed: self._scores(relaxed).square().mean(1).add(1e-9).sqrt(),
            steps=steps,
            rate=rate,
            relaxation=relaxation,
            generator=generator,
        )


def _nothing(genotypes: RelaxedGenotypes, representation: Representation) -> Linear:
    """Return a model that knows nothing: all components are 0."""
    return Linear(torch.zeros(genotypes.width + 1, representation.width))
