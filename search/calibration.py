"""Calibration: random presets give the scores their units and the search its start."""

import time
from dataclasses import dataclass

import numpy as np

from patchwright.search.descriptor_space import NOTHING, DescriptorSpace
from patchwright.search.evaluation import Evaluate, EvaluationLog, Evaluations, replay_or_evaluate
from patchwright.search.optimizer import SearchError
from patchwright.synths.parameters import Array, Subspace


@dataclass(frozen=True)
class Calibration:
    """Scores of random presets: the units of all scores, and the start of the search.

    Attributes:
        evaluations: Evaluations of the random presets, followed by those of the initial ones.
        random: Number of random presets.
        scales: Median score of each objective, `[m]`.
        weights: Weights of the objectives, `[m]`, with a mean of 1.
        seconds: Wall time in seconds.
        descriptors: Measured descriptors, and the constraints on them.
    """

    evaluations: Evaluations
    random: int
    scales: Array
    weights: Array
    seconds: float
    descriptors: DescriptorSpace = NOTHING

    def best(self, n: int) -> Array:
        """Return the `n` genotypes with the least weighted mean of scaled scores, the best first.

        Those that violate the constraints come last, the largest violation at the end.
        """
        mean = (self.weights * self.evaluations.scores / self.scales).mean(axis=1)
        violation = self.descriptors.violation(self.evaluations.descriptors)
        mean, violation = (np.where(np.isfinite(x), x, np.inf) for x in (mean, violation))
        return self.evaluations.genotypes[np.lexsort((mean, violation))[:n]]


def calibrate(
    evaluate: Evaluate,
    subspace: Subspace,
    n: int,
    rng: np.random.Generator,
    *,
    initial: Array | None = None,
    weights: Array | None = None,
    descriptors: DescriptorSpace = NOTHING,
    log: EvaluationLog | None = None,
) -> Calibration:
    """Evaluate random presets, to measure the scale of each objective.

    Args:
        evaluate: Function that renders and scores genotypes.
        subspace: Free parameters; their priors are sampled.
        n: Number of random presets.
        rng: Only source of randomness.
        initial: More genotypes to start from, `[k, d]`; they do not count for the scales.
        weights: Weights of the objectives, `[m]`; equal if None.
        descriptors: Descriptors that `evaluate` measures, and the constraints on them.
        log: Log that keeps the calibration as generation 0.

    Returns:
        The calibration.

    Raises:
        SearchError: If no random preset could be scored, or the log is of another search.
    """
    started = time.perf_counter()
    genotypes = subspace.sample(n, rng)
    if initial is not None:
        genotypes = np.concatenate([genotypes, initial])
    evaluations, seconds, _ = replay_or_evaluate(evaluate, genotypes, log, 0, started)
    random = evaluations.scores[:n]
    if not np.isfinite(random).all(axis=1).any():
        raise SearchError(
            f"None of {n} random presets could be rendered and scored: check synth and lock."
        )
    scales = median_scales(random)
    weights = np.ones(len(scales)) if weights is None else weights / np.mean(weights)
    return Calibration(evaluations, n, scales, weights, seconds, descriptors)


def median_scales(scores: Array) -> Array:
    """Return the scales `[m]` of scores `[n, m]`: their medians, where all of a row are finite.

    An objective whose median is 0, and all of them if no row is finite, have 1.
    """
    scored = scores[np.isfinite(scores).all(axis=1)]
    scales = np.median(scored, axis=0) if len(scored) else np.ones(scores.shape[1])
    return np.where(scales > 0, scales, 1.0)
