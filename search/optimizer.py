"""The contract of every optimizer: ask for genotypes, tell their scores."""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.discrete import snap
from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array, Subspace

Residuals = NDArray[np.float16]
"""In what sounds differ from the target, `[n, r]`; 0 where a number is the target's."""

GIVEN = ("seed", "initial", "budget")
"""Keyword arguments that a search gives to every optimizer; all others are its own options."""


@dataclass(frozen=True, eq=False)
class Told:
    """What an optimizer learns of the generation that it asked for.

    Attributes:
        genotypes: Genotypes as `_ask` gave them, before they were snapped, `[n, d]`.
        scores: Scores `[n, m]`; `[n, 1]`, their mean, for single-objective optimizers.
        descriptors: DescriptorSpace from 0 to 1 over their ranges, `[n, k]`, NaN where there was no
            sound; `[n, 0]` if none are measured.
        residuals: Residuals `[n, r]`, NaN where there was no sound; `[n, 0]` if none are measured.
    """

    genotypes: Array
    scores: Array
    descriptors: Array
    residuals: Residuals


class SearchError(ValueError):
    """A mistake in how a search is set up or resumed, told in one sentence that names the mend."""


@dataclass(eq=False)
class Optimizer(ABC):
    """Proposes presets of a subspace; knows nothing of audio.

    Ask and tell alternate. Everything random comes from `seed`, so that the same tells lead to
    the same asks, bit for bit. A subclass is a dataclass too: its fields are its options.

    Args:
        subspace: The free parameters, `d` of them.
        n_objectives: `m`; all are minimised.
        seed: Of every random choice.
        initial: Genotypes `[k, d]` to start from, the best first; None starts from the prior.
        budget: Evaluations that the search may take; None if that is not known.

    Attributes:
        supports_categories: Whether categorical parameters are searched as such, not as numbers.
        multi_objective: Whether it looks for the trade-offs between objectives; otherwise it
            minimises their mean.
        needs_descriptors: Whether it looks for presets that differ in descriptors, which `tell`
            then requires.
        learns_from_residuals: Whether it makes use of residuals, if `tell` gets them.

    Raises:
        SearchError: If an argument makes no sense.
    """

    subspace: Subspace
    n_objectives: int
    _: KW_ONLY
    seed: int
    initial: Array | None = None
    budget: int | None = None

    supports_categories: ClassVar[bool] = False
    multi_objective: ClassVar[bool] = True
    needs_descriptors: ClassVar[bool] = False
    learns_from_residuals: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.n_objectives < 1:
            raise SearchError("A search needs at least one objective.")
        if self.initial is not None:
            self.initial = self._checked(np.asarray(self.initial, np.float64))
        self._rng = np.random.default_rng(self.seed)
        self._asked: Array | None = None
        self._setup()

    def _checked(self, initial: Array) -> Array:
        d = len(self.subspace)
        if initial.ndim != 2 or initial.shape[1] != d or not len(initial):
            raise SearchError(
                f"The initial genotypes must have the shape [k, {d}], not {initial.shape}."
            )
        if not ((initial >= 0) & (initial <= 1)).all():
            raise SearchError("The initial genotypes must lie between 0 and 1: clip them first.")
        return snap(initial, self.subspace.levels)

    def ask(self) -> Array:
        """Propose the next generation.

        Returns:
            Genotypes `[n, d]` in [0, 1], discrete ones at the centres of their bins; none
            (`n == 0`) when the optimizer has stopped.

        Raises:
            SearchError: If the last generation's scores were not told yet.
        """
        if self._asked is not None:
            raise SearchError("ask was called twice: tell the scores of the last genotypes first.")
        self._proposed = np.ascontiguousarray(self._ask(), np.float64)
        self._asked = snap(self._proposed, self.subspace.levels)
        return self._asked.copy()

    def tell(
        self,
        genotypes: Array,
        scores: Array,
        *,
        descriptors: Array | None = None,
        residuals: Residuals | None = None,
    ) -> None:
        """Report the scores of the generation that was asked for last.

        Args:
            genotypes: As asked, `[n, d]`.
            scores: `[n, m]`, finite, lower is better.
            descriptors: `[n, k]`, from 0 to 1 over their ranges, NaN where there was no sound;
                only for those that look for differences.
            residuals: `[n, r]`, 0 where a sound is the target's, NaN where there was no sound;
                only for those that learn from them.

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
        if self.needs_descriptors and (descriptors is None or len(descriptors) != len(genotypes)):
            raise SearchError(
                "This method looks for presets that differ in descriptors, such as brightness: "
                "tell it those of each genotype."
            )
        if residuals is None:
            residuals = np.empty((len(scores), 0), np.float16)
        if residuals.ndim != 2 or len(residuals) != len(scores):
            raise SearchError(
                f"tell needs residuals of the shape [{len(scores)}, r], not {residuals.shape}."
            )
        if descriptors is None:
            descriptors = np.empty((len(scores), 0))
        self._asked = None
        if len(scores):
            known = scores if self.multi_objective else scalarise(scores)[:, np.newaxis]
            self._tell(Told(self._proposed, known, descriptors, residuals))

    @classmethod
    def missing(cls) -> str | None:
        """Say what has to be installed before it can be used; None if nothing has."""
        return None

    @classmethod
    def own_options(cls) -> dict[str, Any]:
        """Its options: names and defaults of what a search does not give."""
        return {
            field.name: field.default
            for field in fields(cls)
            if field.kw_only and field.name not in GIVEN
        }

    def chose(self) -> str | None:
        """Name of the optimizer that it chose to do its work; None if it does it itself."""
        return None

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; None while there is."""
        return None

    def _setup(self) -> None:  # noqa: B027
        """Check the options and get ready to be asked; the contract is checked already."""

    @abstractmethod
    def _ask(self) -> Array:
        """Genotypes `[n, d]` in [0, 1], which `ask` snaps."""

    @abstractmethod
    def _tell(self, told: Told) -> None:
        """Learn from the generation that `_ask` gave; it has at least one genotype."""

    @property
    def _n_told(self) -> int:
        """Columns of the scores that `_tell` gets."""
        return self.n_objectives if self.multi_objective else 1

    def _starting_points(self, n: int) -> Array:
        """The initial genotypes, filled up from the prior: `[n, d]`."""
        # not (seed, 0), which is the stream of `_rng`
        drawn = self.subspace.sample(n, np.random.default_rng((self.seed, 1)))
        return drawn if self.initial is None else np.concatenate([self.initial, drawn])[:n]


def at_least(name: str, value: int, least: int) -> int:
    """Check an option of an optimizer.

    Raises:
        SearchError: If it is below `least`.
    """
    if value < least:
        raise SearchError(f"{name} must be at least {least}, not {value}.")
    return value


def share(name: str, value: float) -> float:
    """Check an option that is a part of 1.

    Raises:
        SearchError: If it does not lie above 0 and up to 1.
    """
    if not 0 < value <= 1:
        raise SearchError(f"{name} must lie above 0 and up to 1, not {value}.")
    return value


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Check an option that is a word.

    Raises:
        SearchError: If it is none of the choices.
    """
    if value not in choices:
        raise SearchError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def nearest(genotypes: Array, scores: Array, n: int) -> NDArray[np.int64]:
    """Positions of up to `n` nearest to the ideal point, each genotype once, the nearest first.

    Args:
        genotypes: `[k, d]`.
        scores: `[k, m]`.
        n: How many.
    """
    _, first = np.unique(genotypes, axis=0, return_index=True)
    first = np.sort(first)  # of equally near ones the earlier
    return first[np.argsort(distance_to_ideal(scores[first]), kind="stable")[:n]]


def scalarise(scores: Array) -> Array:
    """Reduce scores `[n, m]`, each already in units of a random preset's, to their mean `[n]`."""
    return np.asarray(scores.mean(axis=1))
