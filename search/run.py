"""The search loop: calibration, then ask, evaluate and tell until the budget is spent.

The evaluation log is the checkpoint. A resumed search runs a fresh optimizer with the same seed and
reads the scores from the log as far as it goes, so it ends with the same bits as a search that was
never interrupted.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from patchwright.search.account import Account, Origins
from patchwright.search.archive import Archive
from patchwright.search.calibration import Calibration
from patchwright.search.descriptor_space import NOTHING, DescriptorSpace
from patchwright.search.elites import Elites
from patchwright.search.evaluation import Evaluate, EvaluationLog, Evaluations, replay_or_evaluate
from patchwright.search.ideal import distance_to_ideal, weighted
from patchwright.search.optimizer import Optimizer, Residuals, SearchError
from patchwright.search.penalty import Penalty
from patchwright.synths.parameters import Array

_IDLE = 50  # generations without a new preset after which a search ends
_PROGRESS = 1e-3  # relative improvement of the answer that resets the patience


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of a search, which ends at the first that is reached.

    Attributes:
        renders: Number of renders, calibration included.
        seconds: Wall time in seconds, calibration and earlier parts of a resumed run included.
        generations: Number of generations of the optimizer.
        patience: Number of generations without an improvement of the answer by 0.1 %.

    Raises:
        SearchError: If there is no limit, or one is not above 0.
    """

    renders: int | None = None
    seconds: float | None = None
    generations: int | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        limits = (self.renders, self.seconds, self.generations, self.patience)
        if all(limit is None for limit in limits):
            raise SearchError("A search needs a budget: set renders or seconds.")
        if any(limit is not None and limit <= 0 for limit in limits):
            raise SearchError("Every limit of a budget must be above 0.")


@dataclass(frozen=True, eq=False)
class Batch:
    """The new evaluations of one generation.

    Attributes:
        evaluations: The `n` new evaluations.
        values: Decoded presets, `[n, P]`.
        seconds: Wall time of the generation in seconds.
    """

    evaluations: Evaluations
    values: Array
    seconds: float


@dataclass(frozen=True, eq=False)
class Generation:
    """The state of a search after one generation; generation 0 is the calibration.

    Attributes:
        number: Number of the generation.
        renders: Number of renders so far.
        seconds: Wall time so far, in seconds.
        best: Lowest score of each objective so far, unscaled, `[m]`.
        distance: Distance of the best answer so far to the ideal point.
        hypervolume: Hypervolume of the archive.
        replayed: Whether it was read from the log.
        batch: New evaluations of the generation, for callbacks; None in the history.
    """

    number: int
    renders: int
    seconds: float
    best: Array
    distance: float
    hypervolume: float
    replayed: bool
    batch: Batch | None = None


@dataclass
class SearchResult:
    """Result of a search.

    Attributes:
        archive: Non-dominated evaluations within the constraints, in scaled scores.
        scales: Units of the scores, `[m]`.
        history: One entry per generation.
        statuses: Number of renders of each status.
        infeasible: Number of renders outside the constraints.
        elites: Nearest evaluation of each cell of the diverse descriptors, within the
            constraints; None if there are no such descriptors.
        stopped: Reason why the search ended.
        chose: Name of the optimizer to which the optimizer delegated; None if it did the work
            itself.
        account: Which parts of the optimizer proposed the presets, and what they expected.
    """

    archive: Archive
    scales: Array
    history: list[Generation] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    infeasible: int = 0
    elites: Elites | None = None
    stopped: str = ""
    chose: str | None = None
    account: Account = field(default_factory=Account)

    @property
    def genotype(self) -> Array:
        """Genotype of the answer, `[d]`."""
        return np.asarray(self.archive.genotypes[self.archive.answer()])


Callback = Callable[[Generation], None]


def run(
    evaluate: Evaluate,
    optimizer: Optimizer,
    budget: Budget,
    *,
    calibration: Calibration | None = None,
    floor: Array | None = None,
    prior_weight: float = 0.0,
    log: EvaluationLog | None = None,
    callbacks: Sequence[Callback] = (),
) -> SearchResult:
    """Search until the budget is spent or the optimizer has no more proposals.

    No preset is rendered twice. Presets outside the constraints are never the answer. For each
    objective the optimizer gets the score s, scaled, of a preset with violation v as

        f = s               if v = 0    (1)
        f = s_max + 1 + v   otherwise   (2)

    with the worst score so far, s_max, as in Deb, "An efficient constraint handling method for
    genetic algorithms", 2000. A failed render has the greatest violation so far.

    With a weight of the prior, all scaled scores rise by it times `GenotypePrior.excess`, so that
    an unlikely preset has to be nearer to the target than a likely one.

    Args:
        evaluate: Function that renders and scores genotypes; may be called with none.
        optimizer: Fresh optimizer.
        budget: Limits of the search.
        calibration: Calibration, which counts as generation 0; it has the scales and weights of
            the scores, and the constraints. Without one, scores are neither scaled nor weighted.
        floor: Unscaled scores `[m]` of the noise between two renders of one preset; 0 if None. The
            search ends when the answer is at or below them in every objective.
        prior_weight: Weight of the prior of the optimizer's subspace; 0 if it has none.
        log: Log that generations are written to, and read from if they are there.
        callbacks: Functions called after each generation.

    Returns:
        The result.

    Raises:
        SearchError: If the log is of another search, or no preset was within the constraints.

    Examples:
        >>> from patchwright.search import NSGA2
        >>> from patchwright.synths import Parameter, ParameterSpace
        >>> space = ParameterSpace((Parameter(name="a", kind="continuous", default=0.5),))
        >>> def evaluate(genotypes):
        ...     n = len(genotypes)
        ...     return Evaluations(
        ...         genotypes, abs(genotypes - 0.3), np.zeros(n, np.int8), np.zeros(n)
        ...     )
        >>> result = run(evaluate, NSGA2(space.lock(), 1, seed=0), Budget(renders=500))
        >>> result.stopped
        'the budget of 500 renders is spent'
        >>> bool(abs(result.genotype[0] - 0.3) < 0.01)
        True
    """
    m = optimizer.n_objectives
    scales, weights = np.ones((2, m))
    descriptors = NOTHING
    if calibration is not None:
        scales, weights = calibration.scales, calibration.weights
        descriptors = calibration.descriptors
    floor = np.zeros(m) if floor is None else floor / scales
    penalise = Penalty(optimizer.subspace, prior_weight)
    state = _State(optimizer, scales, weights, descriptors, floor, penalise, callbacks)
    if calibration is not None:
        known = calibration.evaluations
        batch = Batch(known, optimizer.subspace.decode(known.genotypes), calibration.seconds)
        state.learn(0, batch, replayed=False)
    number = 0
    # the bits of LAPACK differ with its threads
    with threadpool_limits(limits=1, user_api="blas"):
        while not (ended := state.over(budget, number)):
            started = time.perf_counter()
            number += 1
            genotypes = optimizer.ask()
            if not len(genotypes):
                ended = optimizer.stopped() or "the optimizer has no more proposals"
                break
            origins = optimizer.origins()
            values = optimizer.subspace.decode(genotypes)
            fresh = state.unknown(values)
            if budget.renders is not None:
                fresh = fresh[: budget.renders - state.renders]
            new, seconds, replayed = replay_or_evaluate(
                evaluate, genotypes[fresh], log, number, started
            )
            batch = Batch(new, values[fresh], seconds)
            state.learn(number, batch, origins and origins.at(fresh), replayed=replayed)
            state.tell(optimizer, genotypes, values)
    state.check()
    state.result.stopped = ended
    state.result.chose = optimizer.chose()
    return state.result


class _State:
    """State of a running search."""

    def __init__(
        self,
        optimizer: Optimizer,
        scales: Array,
        weights: Array,
        descriptors: DescriptorSpace,
        floor: Array,
        penalise: Penalty,
        callbacks: Sequence[Callback],
    ) -> None:
        d, m = len(optimizer.subspace), len(scales)
        self.result = SearchResult(Archive(d, m, weights=weights), scales)
        if descriptors.diverse:
            self.result.elites = Elites(d, m, len(descriptors.diverse), weights=weights)
        self.renders = 0
        self._descriptors = descriptors
        self._floor = floor
        self._penalise = penalise
        self._callbacks = callbacks
        # scores `[m]`, descriptors `[k]` and residuals `[r]` of each preset
        self._known: dict[bytes, tuple[Array, Array, Residuals]] = {}
        self._violation = 0.0
        self._worst, self._best = np.zeros(m), np.full(m, np.inf)
        self._seconds = 0.0
        self._idle = self._stale = 0

    def learn(
        self, number: int, batch: Batch, origins: Origins | None = None, *, replayed: bool
    ) -> None:
        """Add the evaluations of one generation, and call the callbacks."""
        result, new = self.result, batch.evaluations
        self.renders += len(new)
        self._seconds += batch.seconds
        self._idle = 0 if len(new) else self._idle + 1
        result.statuses.update(new.status.tolist())
        plain = new.scores / result.scales
        scaled = plain + self._penalise(new.genotypes)
        violation = self._descriptors.violation(new.descriptors)
        finite = np.isfinite(scaled).all(axis=1) & np.isfinite(violation)
        feasible = finite & (violation == 0)
        result.infeasible += int((finite & ~feasible).sum())
        self._worst = np.concatenate([[self._worst], scaled[finite]]).max(axis=0)
        self._best = np.concatenate([[self._best], plain[feasible]]).min(axis=0)
        self._violation = violation[finite].max(initial=self._violation)
        rows = zip(scaled, new.descriptors, new.residuals, strict=True)
        self._known.update(zip(_keys(batch.values), rows, strict=True))
        result.archive.add(new.genotypes[feasible], scaled[feasible])
        if result.elites is not None:
            places = self._descriptors.places(new.descriptors[feasible])
            result.elites.add(new.genotypes[feasible], scaled[feasible], places)
        distance = float(result.archive.distances().min()) if len(result.archive) else np.inf
        before = result.history[-1].distance if result.history else np.inf
        if origins is not None:
            distances = np.full(len(new), np.inf)
            distances[feasible] = distance_to_ideal(scaled[feasible], result.archive.weights)
            known = self.renders - len(new)
            result.account.add(origins, distances, nearest=before, renders=known)
        self._stale = 0 if distance < before * (1 - _PROGRESS) else self._stale + 1
        generation = Generation(
            number=number,
            renders=self.renders,
            seconds=self._seconds,
            best=self._best * result.scales,
            distance=distance,
            hypervolume=result.archive.hypervolume(),
            replayed=replayed,
        )
        result.history.append(generation)
        for callback in self._callbacks:
            callback(replace(generation, batch=batch))

    def unknown(self, values: Array) -> list[int]:
        """Return the rows of presets `[n, P]` to render: the first of each unknown preset."""
        first: dict[bytes, int] = {}
        for row, key in enumerate(_keys(values)):
            if key not in self._known:
                first.setdefault(key, row)
        return list(first.values())

    def tell(self, optimizer: Optimizer, genotypes: Array, values: Array) -> None:
        """Tell an optimizer the scores (1), (2) of genotypes `[n, d]`, if all are known.

        Some are not if the budget ended within the generation.
        """
        rows = [row for key in _keys(values) if (row := self._known.get(key)) is not None]
        if len(rows) < len(values):
            return
        scores, descriptors, residuals = (np.stack(part) for part in zip(*rows, strict=True))
        violation = self._descriptors.violation(descriptors)
        finite = np.isfinite(scores).all(axis=1) & np.isfinite(violation)
        violation = np.where(finite, violation, self._violation)[:, np.newaxis]
        feasible = finite[:, np.newaxis] & (violation == 0)
        penalty = self._worst + 1 + violation
        diverse = bool(self._descriptors.diverse)
        optimizer.tell(
            genotypes,
            weighted(
                np.where(feasible, scores, penalty),
                self.result.archive.weights,
                multi_objective=optimizer.multi_objective,
            ),
            descriptors=self._descriptors.places(descriptors) if diverse else None,
            residuals=residuals if residuals.shape[1] else None,
        )

    def check(self) -> None:
        """Check that a preset was within the constraints.

        Raises:
            SearchError: If none was.
        """
        if self.result.infeasible and not len(self.result.archive):
            measured = np.stack([descriptors for _, descriptors, _ in self._known.values()])
            raise SearchError(self._descriptors.unmet(measured))

    def over(self, budget: Budget, number: int) -> str:
        """Return why the search is over; empty while it is not."""
        archive = self.result.archive
        if len(archive) and (archive.scores[archive.answer()] <= self._floor).all():
            return "the answer equals the target, as far as the objectives and the noise can tell"
        if budget.renders is not None and self.renders >= budget.renders:
            return f"the budget of {budget.renders} renders is spent"
        if budget.seconds is not None and self._seconds >= budget.seconds:
            return f"the budget of {budget.seconds:g} s is spent"
        if budget.generations is not None and number >= budget.generations:
            return f"the budget of {budget.generations} generations is spent"
        if budget.patience is not None and self._stale >= budget.patience:
            return f"no better answer in {self._stale} generations"
        return f"no new preset in {self._idle} generations" if self._idle >= _IDLE else ""


def _keys(values: Array) -> list[bytes]:
    """Return keys of presets `[n, P]`; genotypes in the same bins are the same preset."""
    return [row.tobytes() for row in values]
