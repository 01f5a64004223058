"""Operators of the portfolio that ask a surrogate before anything is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from patchwright.search.discrete import snap
from patchwright.search.optimizers.portfolio.operators import Brood, Operator
from patchwright.surrogates.assisted.surrogate import Surrogate
from patchwright.synths.parameters import Array

_CANDIDATES = 24  # children of which one is rendered
_HOPE = 1.0  # greatest number of deviations by which an uncertain child is favoured
_STEPS, _RATES = 12, (0.005, 0.05)  # of descents from a parent


class Screened:
    """Children of other operators, of which the surrogate picks one for each parent.

    The pick has the least lower confidence bound; how much uncertainty is favoured differs from
    child to child, so that some are safe and some bold.

    Args:
        surrogate: Surrogate that picks.
        operators: Operators that make the candidates.
    """

    def __init__(self, surrogate: Surrogate, operators: Sequence[Operator]) -> None:
        self._surrogate, self._operators = surrogate, operators

    def __call__(self, brood: Brood) -> Array:
        """Make one child from each parent, `[k, d]`."""
        k, rng = len(brood.parents), brood.rng
        repeated = np.repeat(brood.parents, _CANDIDATES)
        makers = rng.integers(len(self._operators), size=len(repeated))
        candidates = np.empty((len(repeated), len(brood.subspace)))
        for number, operator in enumerate(self._operators):
            rows = makers == number
            if rows.any():
                candidates[rows] = operator(replace(brood, parents=repeated[rows]))
        candidates = snap(np.clip(candidates, 0, 1), brood.subspace.levels)
        belief = self._surrogate.believe(candidates)
        hope = np.repeat(rng.uniform(0, _HOPE, k), _CANDIDATES)
        bound = (belief.distances - hope * belief.deviations).reshape(k, _CANDIDATES)
        return np.asarray(candidates[bound.argmin(axis=1) + np.arange(k) * _CANDIDATES])


class Descended:
    """Parents that follow the surrogate's gradient.

    Args:
        surrogate: Surrogate with the gradient.
    """

    def __init__(self, surrogate: Surrogate) -> None:
        self._surrogate = surrogate

    def __call__(self, brood: Brood) -> Array:
        """Move each parent, `[k, d]`."""
        low, high = _RATES
        rate = low * (high / low) ** brood.rng.random()
        return self._surrogate.descend(brood.x, steps=_STEPS, rate=rate, rng=brood.rng)
