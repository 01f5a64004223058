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
from patchwright.surrogates.assisted.distances import CalibratedDistances
from patchwright.surrogates.assisted.relaxation import Relaxation, RelaxedGenotypes
from patchwright.surrogates.assisted.representation import Representation
from patchwright.synths.parameters import Array

_BEST, _LATEST = 250, 100  # renders that the correction is fitted to
_FEWEST = 8  # renders without which nothing is believed
_RIDGE = 3.0  # of the linear model of a search without another
_CHUNK = 512  # presets that are predicted at once
_COLD = 0.1  # last temperature of a descent's levels


class Model(Protocol):
    """A function from relaxed presets `[n, w]` to components by member `[e, n, k]`."""

    def __call__(self, relaxed: Tensor) -> Tensor:
        """Predict components, differentiable."""
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
        return (functional.pad(relaxed, (0, 1), value=1.0) @ self.weights)[None]


class Surrogate:
    """Predicts the scores of presets from a model and the renders of the run.

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
        self._known: tuple[Array, Array, Residuals] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it has learned from enough renders to believe anything."""
        return self._known is not None and len(self._known[0]) >= _FEWEST

    @property
    def skill(self) -> float:
        """Share of the model's errors that the correction predicts, when each is left out."""
        return 0.0 if self._correction is None else self._correction.skill

    def learn(self, genotypes: Array, scores: Array, residuals: Residuals) -> None:
        """Add evaluations, and fit the correction and the distances to the best and the latest.

        Args:
            genotypes: Genotypes `[n, d]`.
            scores: Scaled scores `[n, m]`.
            residuals: Components relative to the target, `[n, k]`; rows that are not finite are
                ignored.
        """
        rendered = np.isfinite(residuals).all(axis=1)
        new = genotypes[rendered], scores[rendered], residuals[rendered]
        if self._known is None:
            known = new
        else:
            a, b, c = (
                np.concatenate([old, now]) for old, now in zip(self._known, new, strict=True)
            )
            known = a, b, c
        kept = nearest(known[0], known[1], _BEST)
        latest = np.arange(max(0, len(known[0]) - _LATEST), len(known[0]))
        kept = np.union1d(kept, latest)
        self._known = known[0][kept], known[1][kept], known[2][kept]
        if not self.is_ready:
            return
        genotypes, scores, residuals = self._known
        real = torch.from_numpy(residuals.astype(np.float32)) + self._representation.target
        self._calibrated.fit(self._representation.spectrograms(real), scores)
        relaxed = self._genotypes.relax(genotypes)
        if self._is_cold:
            self._model = Linear.fit(relaxed, real)
        if not self._correct:
            return
        with torch.no_grad():
            predicted = torch.cat([self._model(part).mean(0) for part in relaxed.split(_CHUNK)])
        blocks = (relaxed,) if self._is_cold else (predicted, relaxed)
        self._correction = Correction.fit(blocks, real - predicted)

    def believe(self, genotypes: Array) -> Belief:
        """Predict the scores of genotypes `[n, d]`."""
        parts = []
        with torch.no_grad():
            for relaxed in self._genotypes.relax(genotypes).split(_CHUNK):
                parts.append(self._scores(relaxed))
        scores = torch.cat([part[0] for part in parts], dim=1).double().numpy()
        unsure = torch.cat([part[1] for part in parts]).double().numpy()
        by_member = np.sqrt((scores**2).mean(axis=2))  # [e, n]
        mean = scores.mean(axis=0)
        distances = distance_to_ideal(mean)
        deviations = np.hypot(by_member.std(axis=0), distances * unsure)
        return Belief(mean, distances, deviations)

    def _scores(self, relaxed: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores by member `[e, n, m]`, and the correction's relative deviation `[n]`."""
        members = self._model(relaxed)
        unsure = torch.zeros(len(relaxed))
        if self._correction is not None:
            predicted = members.mean(0)
            blocks = [relaxed] if self._is_cold else [predicted, relaxed]
            missing, deviation = self._correction(torch.cat(blocks, dim=1))
            members = members + missing
            away = (members.mean(0) - self._representation.target).square().mean(1).sqrt()
            unsure = deviation / (away + deviation)
        spectrograms = self._representation.spectrograms(members.flatten(0, 1))
        return self._calibrated(spectrograms).reshape(*members.shape[:2], -1), unsure

    def descend(
        self,
        genotypes: Array,
        *,
        steps: int,
        rate: float,
        rng: np.random.Generator,
        relaxation: Relaxation = "soft",
    ) -> Array:
        """Move genotypes `[n, d]` down the gradient of their distance to the ideal point.

        Adam (D. P. Kingma and J. Ba, 2015, arXiv:1412.6980) on numbers and logits together while
        the temperature of the levels falls, for two thirds of the steps; then on numbers alone,
        with the likeliest levels.

        Args:
            genotypes: Genotypes to start from.
            steps: Number of steps.
            rate: Learning rate of numbers; that of logits is ten times as large.
            rng: Only source of randomness.
            relaxation: Treatment of discrete parameters.

        Returns:
            Genotypes `[n, d]`, on discrete levels.
        """
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        mixing = max(1, steps * 2 // 3)
        for phase, count in enumerate((mixing, steps - mixing)):
            variables = self._genotypes.variables(genotypes)
            moved = [variables.numbers] if phase else [variables.numbers, *variables.logits]
            optimizer = torch.optim.Adam(
                [{"params": [x], "lr": rate if i == 0 else 10 * rate} for i, x in enumerate(moved)],
                betas=(0.9, 0.99),
            )
            for step in range(count):
                temperature = _COLD ** (step / mixing) if phase == 0 else _COLD
                how: Relaxation = "straight_through" if phase else relaxation
                scores, _ = self._scores(variables.relaxed(how, temperature, generator))
                loss = scores.mean(0).square().mean(1).add(1e-9).sqrt().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                with torch.no_grad():
                    variables.numbers.clamp_(0, 1)
            genotypes = variables.genotypes()
        return genotypes


def _nothing(genotypes: RelaxedGenotypes, representation: Representation) -> Linear:
    """Return a model that knows nothing: all components are 0."""
    return Linear(torch.zeros(genotypes.width + 1, representation.width))
