"""The base class of optimizers: ask for genotypes, tell their scores."""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.account import Origins
from patchwright.search.discrete import snap
from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array, Subspace

Residuals = NDArray[np.float16]
"""Differences of sounds from the target, `[n, r]`; 0 where equal."""

GIVEN = ("seed", "initial", "budget", "guide", "predictor")
"""Keyword arguments that the search sets; all others are options of the optimizer."""


@dataclass(frozen=True, eq=False)
class Told:
    """An evaluated generation, as `_tell` receives it.

    Attributes:
        genotypes: Genotypes as `_ask` returned them, before they were snapped, `[n, d]`.
        scores: Scores `[n, m]`; their mean `[n, 1]` for single-objective optimizers.
        descriptors: Descriptors, scaled to their ranges from 0 to 1, `[n, k]`; NaN where the
            render failed, `[n, 0]` if none are measured.
        residuals: Residuals `[n, r]`; NaN where the render failed, `[n, 0]` if none are measured.
    """

    genotypes: Array
    scores: Array
    descriptors: Array
    residuals: Residuals


class SearchError(ValueError):
    """A mistake in how a search is set up or resumed; the message names the mend."""


@dataclass(eq=False)
class Optimizer(ABC):
    """Proposes presets of a subspace; knows nothing of audio.

    Calls of `ask` and `tell` alternate. All randomness comes from `seed`, so equal scores lead to
    equal proposals, bit for bit. A subclass is a dataclass too: its fields are its options.

    Args:
        subspace: The `d` free parameters.
        n_objectives: Number of objectives `m`; all are minimised.
        seed: Seed of all randomness.
        initial: Genotypes to start from, `[k, d]`, the best first; samples of the prior if None.
        budget: Number of evaluations of the whole search; None if unknown.

    Attributes:
        supports_categories: Whether categorical parameters are searched as such, not as numbers.
        multi_objective: Whether it searches the front of all objectives; otherwise it minimises
            their mean.
        needs_descriptors: Whether it searches for presets that differ in descriptors, which `tell`
            then requires.
        learns_from_residuals: Whether it uses residuals, if `tell` gets them.
        needs_guide: Whether it takes a `guide`, a model that is bound to the target, whose
            residuals `tell` then gets; see `surrogates.assisted`.
        needs_predictor: Whether it needs a `predictor`, an estimator that is bound to the target.
        takes_predictor: Whether it uses a `predictor` if it gets one.

    Raises:
        SearchError: If an argument is invalid.

    Examples:
        >>> from patchwright.search import CMAES
        >>> from patchwright.synths import Parameter, ParameterSpace
        >>> names = ("cutoff", "resonance")
        >>> parameters = (Parameter(name=name, kind="continuous", default=0.5) for name in names)
        >>> optimizer = CMAES(ParameterSpace(tuple(parameters)).lock(), 1, seed=0, population=8)
        >>> for _ in range(40):
        ...     genotypes = optimizer.ask()
        ...     optimizer.tell(genotypes, ((genotypes - 0.3) ** 2).mean(axis=1, keepdims=True))
        >>> optimizer.ask().mean(axis=0).round(2)
        array([0.3, 0.3])
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
    needs_guide: ClassVar[bool] = False
    needs_predictor: ClassVar[bool] = False
    takes_predictor: ClassVar[bool] = False

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
            Genotypes `[n, d]` in [0, 1], discrete coordinates at the centres of their bins; none
            (`n == 0`) when the optimizer has stopped.

        Raises:
            SearchError: If `tell` was not called for the last generation.
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
        """Report the scores of the last generation.

        Args:
            genotypes: Genotypes as `ask` returned them, `[n, d]`.
            scores: Scores `[n, m]`, finite, lower is better.
            descriptors: Descriptors, scaled to their ranges from 0 to 1, `[n, k]`, NaN where the
                render failed; required if `needs_descriptors`.
            residuals: Residuals `[n, r]`, NaN where the render failed; used if
                `learns_from_residuals`.

        Raises:
            SearchError: If `ask` was not called first, or an array does not fit its genotypes.
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
            raise SearchError("tell got NaN or inf: give failed renders a finite penalty as score.")
        if self.needs_descriptors and (descriptors is None or len(descriptors) != len(genotypes)):
            raise SearchError(
                "This optimizer searches for presets that differ in descriptors, such as "
                "brightness: pass descriptors with a row for each genotype."
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
        """Return what must be installed first, as a sentence; None if nothing."""
        return None

    @classmethod
    def own_options(cls) -> dict[str, Any]:
        """Return the options of the optimizer: their names and defaults."""
        return {
            field.name: field.default
            for field in fields(cls)
            if field.kw_only and field.name not in GIVEN
        }

    def chose(self) -> str | None:
        """Return the name of the optimizer it delegates to; None if it does the work itself."""
        return None

    def origins(self) -> Origins | None:
        """Return who proposed the presets of the last `ask`; None if it has no parts."""
        return None

    def stopped(self) -> str | None:
        """Return why there are no more proposals; None while there are."""
        return None

    def _setup(self) -> None:  # noqa: B027
        """Check the options and prepare the first `ask`."""

    @abstractmethod
    def _ask(self) -> Array:
        """Return genotypes `[n, d]` in [0, 1], which `ask` snaps."""

    @abstractmethod
    def _tell(self, told: Told) -> None:
        """Learn from the generation that `_ask` returned; it has at least one genotype."""

    @property
    def _n_scores(self) -> int:
        """Number of columns of the scores that `_tell` receives."""
        return self.n_objectives if self.multi_objective else 1

    def _starting_points(self, n: int) -> Array:
        """Return the initial genotypes, followed by samples of the prior: `[n, d]`."""
        # not (seed, 0), the stream of `_rng`
        drawn = self.subspace.sample(n, np.random.default_rng((self.seed, 1)))
        return drawn if self.initial is None else np.concatenate([self.initial, drawn])[:n]


def at_least(name: str, value: int, least: int) -> int:
    """Check the least value of an option.

    Raises:
        SearchError: If it is below `least`.
    """
    if value < least:
        raise SearchError(f"{name} must be at least {least}, not {value}.")
    return value


def share(name: str, value: float) -> float:
    """Check an option that is a share.

    Raises:
        SearchError: If it is not above 0 and at most 1.
    """
    if not 0 < value <= 1:
        raise SearchError(f"{name} must be above 0 and at most 1, not {value}.")
    return value


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Check an option that is one of several words.

    Raises:
        SearchError: If it is none of `choices`.
    """
    if value not in choices:
        raise SearchError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def nearest(genotypes: Array, scores: Array, n: int) -> NDArray[np.int64]:
    """Return positions of the `n` nearest to the ideal point, the nearest first, without doubles.

    Args:
        genotypes: Genotypes `[k, d]`.
        scores: Scores `[k, m]`.
        n: Greatest number of positions.
    """
    _, first = np.unique(genotypes, axis=0, return_index=True)
    first = np.sort(first)  # the earlier of equally near ones
    return first[np.argsort(distance_to_ideal(scores[first]), kind="stable")[:n]]


def scalarise(scores: Array) -> Array:
    """Reduce scaled scores `[n, m]` to their mean `[n]`."""
    return np.asarray(scores.mean(axis=1))
