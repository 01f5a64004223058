"""The distance to the ideal point, and the one meaning of objectives' weights.

Weights are those of a mean: a weight of 2 counts as two equal objectives.
"""

import numpy as np

from patchwright.synths.parameters import Array


def distance_to_ideal(scores: Array, weights: Array | None = None) -> Array:
    """Distance to the ideal point, where every objective is 0: root of the weighted mean square.

    Args:
        scores: Scores in units of the median random preset, `[n, m]`; so 1 is a random preset.
        weights: Weights of the objectives, `[m]`, with a mean of 1; equal if None.

    Returns:
        Distances `[n]`.
    """
    squares = scores**2 if weights is None else weights * scores**2
    return np.asarray(np.sqrt(squares.mean(axis=1)))


def weighted(scores: Array, weights: Array, *, multi_objective: bool) -> Array:
    """Weigh scores so that an optimizer that knows no weights finds what is wanted.

    Args:
        scores: Scores `[n, m]`.
        weights: Weights of the objectives, `[m]`, with a mean of 1.
        multi_objective: Whether the optimizer looks for trade-offs, judged by the distance to the
            ideal point; otherwise it minimises the mean of the scores.

    Returns:
        Scores `[n, m]`: their plain distance to the ideal point, or else their plain mean, is the
        weighted one of `scores`.
    """
    return np.asarray(scores * (np.sqrt(weights) if multi_objective else weights))
