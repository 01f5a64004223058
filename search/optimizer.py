"""The contract of every optimizer: ask for genotypes, tell their scores."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from synths.parameters import Array, Subspace


class SearchError(ValueError):
    """A mistake in how a search is set up or resumed, told in one sentence that names the mend."""


class Optimizer(ABC):
    """Proposes presets of a subspace; knows nothing of audio.

    Ask and tell alternate. Everything random comes from `seed`, so that the same tells lead to
    the same asks, bit for bit.

    Args:
        subspace: The free parameters, `d` of them.
        n_objectives: `m`; all are minimised.
        seed: Of every random choice.
        initial: Genotypes `[k, d]` to start from, the best first; None starts from the prior.

    Raises:
        SearchError: If an argument makes no sense.
    """

    def __init__(
        self, subspace: Subspace, n_objectives: int, *, seed: int, initial: Array | None = None
    ) -> None:
        if n_objectives < 1:
            raise SearchError("A search needs at least one objective.")
        if initial is not None:
            initial = np.asarray(initial, np.float64)
            if initial.ndim != 2 or initial.shape[1] != len(subspace) or not len(initial):
                raise SearchError(
                    f"The initial genotypes must have the shape [k, {len(subspace)}], "
                    f"not {initial.shape}."
                )
        self.subspace = subspace
        self.n_objectives = n_objectives
        self.seed = seed
        self.initial = initial
        self._asked: Array | None = None

    def ask(self) -> Array:
        """Propose the next generation.

        Returns:
            Genotypes `[n, d]` in [0, 1]; none (`n == 0`) when the optimizer has stopped.

        Raises:
            SearchError: If the last generation's scores were not told yet.
        """
        if self._asked is not None:
            raise SearchError("ask was called twice: tell the scores of the last genotypes first.")
        self._asked = np.ascontiguousarray(self._ask(), np.float64)
        return self._asked.copy()

    def tell(self, genotypes: Array, scores: Array) -> None:
        """Report the scores of the generation that was asked for last.

        Args:
            genotypes: As asked, `[n, d]`.
            scores: `[n, m]`, finite, lower is better.

        Raises:
            SearchError: If nothing was asked, or the arrays do not fit what was asked.
        """
        scores = np.asarray(scores, np.float64)
        if self._asked is None:
            raise SearchError("tell was called before ask: ask for genotypes first.")
        if not np.array_equal(genotypes, self._asked):
            raise SearchError("tell got other genotypes than ask gave: pass them on unchanged.")
        if scores.shape != (len(genotypes), self.n_objectives):
            raise SearchError(
                f"tell needs scores of the shape [{len(genotypes)}, {self.n_objectives}], "
                f"not {scores.shape}."
            )
        if not np.isfinite(scores).all():
            raise SearchError("tell got NaN or inf: give failed renders a finite penalty.")
        asked, self._asked = self._asked, None
        self._tell(asked, scores)

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; None while there is."""
        return None

    @abstractmethod
    def _ask(self) -> Array: ...

    @abstractmethod
    def _tell(self, genotypes: Array, scores: Array) -> None: ...

    def _starting_points(self, n: int, rng: np.random.Generator) -> Array:
        """The initial genotypes, filled up from the prior: `[n, d]`."""
        drawn = self.subspace.sample(n, rng)
        return drawn if self.initial is None else np.concatenate([self.initial, drawn])[:n]


def at_least(name: str, value: int, least: int) -> int:
    """Check an option of an optimizer.

    Raises:
        SearchError: If it is below `least`.
    """
    if value < least:
        raise SearchError(f"{name} must be at least {least}, not {value}.")
    return value


def scalarise(scores: Array) -> NDArray[np.float64]:
    """Reduce scores `[n, m]`, each already in units of a random preset's, to their mean `[n]`."""
    return np.asarray(scores.mean(axis=1), np.float64)
