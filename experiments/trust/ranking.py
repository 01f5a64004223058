"""Monotonic ranking: does a distance put the steps of a sweep into their true order?

P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
arXiv:2509.07635, choose embeddings of sounds by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from patchwright.experiments.trust.sweeps import Attribute, Audio
from patchwright.objectives import Objective, ObjectiveError, ObjectiveSet, Target
from patchwright.synths import Performance, Synth
from patchwright.synths.parameters import Array

RESOLUTION = 1e-4
"""Resolution of distances, relative to the distance to white noise."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """How well `m` distances order the sweeps of `a` attributes over `k` presets.

    Attributes:
        attributes: Names of the attributes, `a`.
        distances: Names of the distances, `m`.
        correlations: Spearman's correlations, `[a, k, m]`; NaN if a distance could not be measured
            or the sweep was left out.
        complete: Whether every step of a sweep was rendered, `[a, k]`; left out otherwise.
        audible: Whether a complete sweep changed the sound, `[a, k]`; left out otherwise.
        complaints: Reason why a distance could not be measured the last time, by its name.
    """

    attributes: tuple[str, ...]
    distances: tuple[str, ...]
    correlations: Array
    complete: NDArray[np.bool_]
    audible: NDArray[np.bool_]
    complaints: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of presets in each mean, `[a, m]`."""
        return np.asarray(np.isfinite(self.correlations).sum(axis=1))

    @property
    def means(self) -> Array:
        """Mean correlations over presets, `[a, m]`; NaN without any."""
        return _mean(self.correlations, axis=1)

    @property
    def overall(self) -> Array:
        """Mean of the means over attributes, `[m]`."""
        return _mean(self.means, axis=0)


def rank_sweeps(
    synth: Synth,
    attributes: Sequence[Attribute],
    objectives: Sequence[Objective],
    presets: Array,
    performance: Performance,
    *,
    steps: int = 20,
    progress: Callable[[], None] = lambda: None,
) -> Ranking:
    """Sweep each attribute of each preset, and order the renders by each distance.

    Args:
        synth: Synth that renders.
        attributes: Attributes to sweep.
        objectives: Distances to rank.
        presets: Values of the presets, `[k, P]`.
        performance: Notes that are played.
        steps: Maximum number of steps in a sweep, at least 3.
        progress: Function called after each of the `a * k` sweeps.

    Returns:
        Correlations, and the sweeps that were left out.

    Raises:
        ObjectiveError: If two distances have the same name.

    Examples:
        ::

            synth = SYNTHS["subtractive"]()
            free = synth.space.lock()
            presets = draw_presets(synth, free, performance, n=10, seed=0)
            attributes = choose_attributes(synth, free, ["filter_cutoff", "level"])
            ranking = rank_sweeps(synth, attributes, [MSS(), LSD()], presets, performance)
            print(markdown_table(table_rows(ranking)))
    """
    torch.set_num_threads(1)
    shape = (len(attributes), len(presets))
    correlations = np.full((*shape, len(objectives)), np.nan)
    complete, audible = np.zeros(shape, bool), np.zeros(shape, bool)
    complaints: dict[str, str] = {}
    for k, preset in enumerate(presets):
        for a, attribute in enumerate(attributes):
            sweep = attribute.sweep(synth, preset, performance, steps)
            complete[a, k] = sweep.complete
            audible[a, k] = sweep.complete and sweep.audible
            if audible[a, k]:
                found, to_noise = _from_first(objectives, sweep.audio, performance.sr, complaints)
                resolution = RESOLUTION * np.nan_to_num(to_noise)
                correlations[a, k] = [
                    monotonicity(column, resolution=least)
                    for column, least in zip(found.T, resolution, strict=True)
                ]
            progress()
    return Ranking(
        tuple(attribute.name for attribute in attributes),
        tuple(objective.name for objective in objectives),
        correlations,
        complete,
        audible,
        complaints,
    )


def monotonicity(distances: Array, *, resolution: float = 0.0) -> float:
    """Correlate the ranks of distances to the first step with the order of the steps.

    The first step does not count, because its distance is always 0.

    Args:
        distances: Distance of each step, `[s]`.
        resolution: Step to which distances are rounded; 0 for none. A distance that is blind to
            the attribute is left with rounding errors, which may rise with the steps.

    Returns:
        Spearman's correlation: 1 if distances rise with the steps, -1 if they fall, 0 if they are
        equal; NaN if one of them is NaN.

    Examples:
        >>> monotonicity(np.array([0.0, 1.0, 2.0, 5.0]))
        1.0
        >>> monotonicity(np.array([0.0, 3.0, 3.0, 3.0]))
        0.0
    """
    others = distances[1:]
    if np.isnan(others).any():
        return float("nan")
    if resolution > 0:
        others = np.rint(others / resolution)
    if np.ptp(others) == 0:
        return 0.0
    return float(spearmanr(np.arange(len(others)), others).statistic)


def _from_first(
    objectives: Sequence[Objective], audio: Audio, sr: int, complaints: dict[str, str]
) -> tuple[Array, Array]:
    """Measure distances of steps `[s, c, t]` from the first one.

    Returns:
        Distances of the steps, `[s, m]`, and of white noise with their power, `[m]`; NaN for
        distances that cannot measure the first step.
    """
    target = Target(audio[0], sr)
    able = []
    for place, objective in enumerate(objectives):
        try:
            objective.prepare(target)
        except ObjectiveError as error:
            complaints[objective.name] = str(error)
        else:
            able.append(place)
    distances = np.full((len(audio) + 1, len(objectives)), np.nan)
    if able:
        noise = np.random.default_rng(0).standard_normal(audio.shape[1:], np.float32)
        noise *= np.sqrt(np.square(audio).mean())
        chosen = ObjectiveSet([objectives[place] for place in able], target)
        distances[:, able] = chosen.score(np.concatenate([audio, noise[np.newaxis]]))
    return distances[:-1], distances[-1]


def _mean(values: Array, *, axis: int) -> Array:
    """Average finite values; NaN without any."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
