"""The distance to the ideal point, and the meaning of the objectives' weights.

Weights are those of a mean: a weight of 2 counts as two equal objectives.
"""

import numpy as np

from patchwright.synths.parameters import Array


def distance_to_ideal(scores: Array, weights: Array | None = None) -> Array:
    """Return the distance to the ideal point, where every objective is 0.

        D = sqrt(1/m  sum_j w_j s_j^2)    (1)

    Args:
        scores: Scores in units of the median random preset, `[n, m]`; so 1 is a random preset.
        weights: Weights of the objectives, `[m]`, with a mean of 1; equal if None.

    Returns:
        Distances `[n]`.

    Examples:
        >>> scores = np.array([[1.0, 1.0], [0.5, 0.5]])
        >>> distance_to_ideal(scores)
        array([1. , 0.5])
        >>> distance_to_ideal(np.array([[0.2, 0.6]]), weights=np.array([2.0, 0.0]))
        array([0.2])
    """
    squares = scores**2 if weights is None else weights * scores**2
    return np.asarray(np.sqrt(squares.mean(axis=1)))


def weighted(scores: Array, weights: Array, *, multi_objective: bool) -> Array:
    """Apply weights to scores, for optimizers that have no weights of their own.

    Args:
        scores: Scores `[n, m]`.
        weights: Weights of the objectives, `[m]`, with a mean of 1.
        multi_objective: Whether the optimizer searches a front, judged by the distance to the
            ideal point; otherwise it minimises the mean of the scores.

    Returns:
        Scores `[n, m]` whose unweighted distance to the ideal point (1) or mean is the weighted
        one of `scores`.
    """
    return np.asarray(scores * (np.sqrt(weights) if multi_objective else weights))
