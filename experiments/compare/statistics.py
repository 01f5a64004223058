"""Statistical tests for paired samples over targets; lower values are better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

Values = NDArray[np.float64]

LEVEL = 0.05
FEWEST = 6
"""Minimum of targets for a test: with 5 pairs, the signed-rank p value is at least 2/2^5 = 6 %."""
_FEWEST_RESAMPLED = 3
_RESAMPLES = 9_999


@dataclass(frozen=True, eq=False)
class RankTest:
    """Friedman's test with Nemenyi's post-hoc test.

    Attributes:
        ranks: Mean rank of each group, from 1 (best), `[g]`.
        statistic: Friedman's chi-squared, corrected for ties.
        p: p value of Friedman's test.
        pairs: p values of Nemenyi's test, `[g, g]`.
        critical: Critical difference of mean ranks at 5 %.
        cliques: Maximal sets of groups that do not differ significantly, each given by its first
            and last index in the order of ranks.
    """

    ranks: Values
    statistic: float
    p: float
    pairs: Values
    critical: float
    cliques: tuple[tuple[int, int], ...]


def median_intervals(values: Values) -> Values:
    """Return 95 % percentile bootstrap intervals of medians.

    Every call draws the same samples. BCa is not used: its jackknife is inconsistent for medians.

    Args:
        values: Samples of the groups, `[g, n]`.

    Returns:
        Bounds `[g, 2]`; NaN for fewer than three values.

    Examples:
        >>> median_intervals(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])).tolist()
        [[1.0, 5.0]]
    """
    return _intervals(values, np.median)


def mean_intervals(values: Values) -> Values:
    """Return 95 % intervals of means, otherwise like `median_intervals`."""
    return _intervals(values, np.mean)


def _intervals(values: Values, statistic: Callable[..., Values]) -> Values:
    if values.shape[1] < _FEWEST_RESAMPLED:
        return np.full((len(values), 2), np.nan)
    interval = scipy.stats.bootstrap(
        (values,),
        statistic,
        axis=1,
        method="percentile",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.stack([interval.low, interval.high], axis=1)


def signed_rank(first: Values, second: Values) -> float | None:
    """Return the two-sided p value of Wilcoxon's signed-rank test.

    Zero differences keep their ranks (Pratt 1959). The test is exact for up to 50 pairs, or 13
    with ties.

    Args:
        first: First sample, `[n]`.
        second: Second sample, paired with the first, `[n]`.

    Returns:
        p value; None with too few pairs to reach 5 %.

    Examples:
        >>> signed_rank(np.arange(6.0), np.arange(6.0) + 1)
        0.03125
        >>> signed_rank(np.arange(5.0), np.arange(5.0) + 1) is None
        True
    """
    if len(first) < FEWEST:
        return None
    if np.array_equal(first, second):
        return 1.0
    return float(scipy.stats.wilcoxon(first, second, zero_method="pratt").pvalue)


def holm(p: Values) -> Values:
    """Correct p values `[n]` for multiple testing (Holm 1979).

    Examples:
        >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    corrected = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    in_order = np.empty_like(p)
    in_order[order] = np.minimum(corrected, 1.0)
    return in_order


def superiority(first: Values, second: Values) -> float:
    """Return A12 (Vargha and Delaney 2000), the probability that the first sample is better.

    Args:
        first: First sample, `[n]`.
        second: Second sample, `[m]`.

    Returns:
        Effect size from 0 to 1; ties count half, so 0.5 is no effect.

    Examples:
        >>> superiority(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
        0.875
    """
    difference = second[np.newaxis] - first[:, np.newaxis]
    return float(0.5 * (1.0 + np.sign(difference).mean()))


def rank_groups(losses: Values) -> RankTest | None:
    """Compare three or more groups at once (Demšar, JMLR 7, 2006).

    Args:
        losses: Losses of the groups on each target, `[g, n]`.

    Returns:
        Rank test; None for fewer than three groups, or with too few targets.

    Examples:
        >>> test = rank_groups(np.arange(3.0)[:, np.newaxis] + np.zeros(6))
        >>> test.ranks.tolist(), round(test.p, 4), round(test.critical, 2)
        ([1.0, 2.0, 3.0], 0.0025, 1.35)
    """
    from scikit_posthocs import posthoc_nemenyi_friedman

    groups, n = losses.shape
    if groups < 3 or n < FEWEST:
        return None
    ranks = scipy.stats.rankdata(losses, axis=0).mean(axis=1)
    all_equal = bool((losses == losses[0]).all())
    statistic, p = (0.0, 1.0) if all_equal else scipy.stats.friedmanchisquare(*losses)
    quantile = scipy.stats.studentized_range.ppf(1 - LEVEL, groups, np.inf) / np.sqrt(2)
    critical = float(quantile * np.sqrt(groups * (groups + 1) / (6 * n)))
    return RankTest(
        ranks=ranks,
        statistic=float(statistic),
        p=float(p),
        pairs=np.asarray(posthoc_nemenyi_friedman(losses.T)),
        critical=critical,
        cliques=_cliques(np.sort(ranks), critical),
    )


def _cliques(ranks: Values, critical: float) -> tuple[tuple[int, int], ...]:
    last = np.searchsorted(ranks, ranks + critical) - 1
    spans = [(first, int(end)) for first, end in enumerate(last) if end > first]
    return tuple(
        span for place, span in enumerate(spans) if place == 0 or span[1] > spans[place - 1][1]
    )
