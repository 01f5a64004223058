"""Random presets, rendered first: they give the scores their units and the search its start."""

import time
from dataclasses import dataclass

import numpy as np

from search.evaluation import Evaluate, EvaluationLog, Evaluations, evaluate_once
from search.optimizer import SearchError
from synths.parameters import Array, Subspace


@dataclass(frozen=True)
class Calibration:
    """What random presets score: the units of all scores, and the search's first knowledge.

    Attributes:
        evaluations: Of random presets.
        scales: Median score of each objective, `[m]`.
        weights: Of the objectives beside each other, `[m]`, with a mean of 1.
        seconds: Of wall time.
    """

    evaluations: Evaluations
    scales: Array
    weights: Array
    seconds: float

    def best(self, n: int) -> Array:
        """The `n` genotypes with the least weighted mean of scaled scores, the best first."""
        mean = (self.weights * self.evaluations.scores / self.scales).mean(axis=1)
        order = np.argsort(np.where(np.isfinite(mean), mean, np.inf), kind="stable")
        return self.evaluations.genotypes[order[:n]]


def calibrate(
    evaluate: Evaluate,
    subspace: Subspace,
    n: int,
    rng: np.random.Generator,
    *,
    weights: Array | None = None,
    log: EvaluationLog | None = None,
) -> Calibration:
    """Evaluate random presets, to learn the scale of each objective.

    Args:
        evaluate: Renders and scores genotypes.
        subspace: To draw from.
        n: How many presets.
        rng: The only source of randomness.
        weights: Of the objectives beside each other, `[m]`; equal if None.
        log: Where generation 0 is kept.

    Returns:
        The calibration.

    Raises:
        SearchError: If no random preset could be scored, or the log is of another search.
    """
    started = time.perf_counter()
    genotypes = subspace.sample(n, rng)
    evaluations, seconds, _ = evaluate_once(evaluate, genotypes, log, 0, started)
    scored = evaluations.scores[np.isfinite(evaluations.scores).all(axis=1)]
    if not len(scored):
        raise SearchError(
            f"None of {n} random presets could be rendered and scored: check the synth and locks."
        )
    scales = np.median(scored, axis=0)
    weights = np.ones(len(scales)) if weights is None else weights / np.mean(weights)
    return Calibration(evaluations, np.where(scales > 0, scales, 1.0), weights, seconds)
