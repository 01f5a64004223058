"""Tests for paired samples over targets. In all of them less is better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

Values = NDArray[np.float64]

LEVEL = 0.05
FEWEST = 6
"""Targets that a test needs: with 5 pairs no two-sided signed-rank test gets below 2/2^5 = 6 %."""
_FEWEST_RESAMPLED = 3
_RESAMPLES = 9_999


@dataclass(frozen=True, eq=False)
class RankTest:
    """Friedman's test, and Nemenyi's after it.

    Attributes:
        ranks: Mean rank of each group, 1 is the best, `[g]`.
        statistic: Friedman's chi-squared, corrected for ties.
        p: Of no difference between any groups.
        pairs: Nemenyi's p values, `[g, g]`.
        critical: The least difference of mean ranks that is significant at 5 %.
        cliques: Largest sets of groups that are not told apart, each by its first and last place
            in the order of ranks.
    """

    ranks: Values
    statistic: float
    p: float
    pairs: Values
    critical: float
    cliques: tuple[tuple[int, int], ...]


def median_intervals(values: Values) -> Values:
    """95 % intervals of medians, by the bootstrap of percentiles.

    The same samples are drawn at every call. BCa is not used, since its correction takes a
    jackknife, which does not suit medians.

    Args:
        values: `[g, n]`.

    Returns:
        Bounds `[g, 2]`; NaN if there are less than three values.
    """
    return _intervals(values, np.median)


def mean_intervals(values: Values) -> Values:
    """95 % intervals of means, as `median_intervals` gives those of medians."""
    return _intervals(values, np.mean)


def _intervals(values: Values, statistic: Callable[..., Values]) -> Values:
    if values.shape[1] < _FEWEST_RESAMPLED:
        return np.full((len(values), 2), np.nan)
    found = scipy.stats.bootstrap(
        (values,),
        statistic,
        axis=1,
        method="percentile",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.stack([found.low, found.high], axis=1)


def signed_rank(first: Values, second: Values) -> float | None:
    """Two-sided p value of Wilcoxon's signed-rank test.

    Equal pairs keep their ranks (Pratt 1959). It is exact for up to 50 pairs, and with ties for
    up to 13.

    Args:
        first: `[n]`.
        second: `[n]`, paired with the first.

    Returns:
        None if there are too few pairs to reach 5 %.
    """
    if len(first) < FEWEST:
        return None
    if np.array_equal(first, second):
        return 1.0
    return float(scipy.stats.wilcoxon(first, second, zero_method="pratt").pvalue)


def holm(p: Values) -> Values:
    """Correct p values `[n]` for there being `n` of them (Holm 1979)."""
    order = np.argsort(p)
    corrected = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty_like(p)
    found[order] = np.minimum(corrected, 1.0)
    return found


def superiority(first: Values, second: Values) -> float:
    """Vargha and Delaney's A12 (2000): how often a value of the first is the better one.

    Args:
        first: `[n]`.
        second: `[m]`.

    Returns:
        0 to 1; equal values count half, so that 0.5 is no effect.
    """
    difference = second[np.newaxis] - first[:, np.newaxis]
    return float(0.5 * (1.0 + np.sign(difference).mean()))


def rank_groups(losses: Values) -> RankTest | None:
    """Compare three or more groups at once, as Demšar does (JMLR 7, 2006).

    Args:
        losses: `[g, n]`.

    Returns:
        None if there are less than three groups, or too few targets.
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
