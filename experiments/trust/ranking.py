"""Monotonic ranking: does a distance put the steps of a sweep into their true order?

After "Neural Proxies for Sound Synthesizers" (arXiv 2509.07635), where embeddings of sounds are
chosen by it.
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
"""Distances are told apart down to this share of the distance to white noise."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """How well `m` distances order the sweeps of `a` attributes over `k` presets.

    Attributes:
        attributes: Names, `a`.
        distances: Names, `m`.
        correlations: Spearman's, `[a, k, m]`; NaN where a distance could not be measured or the
            sweep was left out.
        complete: Whether all of the sweep could be rendered, `[a, k]`; it was left out otherwise.
        audible: Whether it then changed what is heard, `[a, k]`; left out otherwise.
        complaints: By name of a distance, why it could not be measured the last time.
    """

    attributes: tuple[str, ...]
    distances: tuple[str, ...]
    correlations: Array
    complete: NDArray[np.bool_]
    audible: NDArray[np.bool_]
    complaints: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Presets behind each mean, `[a, m]`."""
        return np.asarray(np.isfinite(self.correlations).sum(axis=1))

    @property
    def means(self) -> Array:
        """Correlations averaged over presets, `[a, m]`; NaN where there is none."""
        return _mean(self.correlations, axis=1)

    @property
    def overall(self) -> Array:
        """Means averaged over the attributes, which weigh alike, `[m]`."""
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
    """Sweep each attribute of each preset, and let all distances order the same renders.

    Args:
        synth: Renders.
        attributes: To sweep.
        objectives: The distances.
        presets: Values `[k, P]`.
        performance: What all of them play.
        steps: Of a sweep, at most; 3 or more.
        progress: Called after each of the `a * k` sweeps.

    Returns:
        The correlations, and what was left out.

    Raises:
        ObjectiveError: If two distances have one name.
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

    The first step itself has no say: its distance of 0 is no merit.

    Args:
        distances: Of each step, `[s]`.
        resolution: They are rounded to multiples of it, if it is not 0: where a distance is blind
            to the attribute, what is left is rounding errors, which may well rise with the steps.

    Returns:
        Spearman's correlation: 1 if the distances rise with the steps, -1 if they fall, 0 if they
        are all the same; NaN if one of them is.
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
    """Distances from the first of the steps `[s, c, t]`, NaN where it cannot be measured.

    Returns:
        Those of the steps, `[s, m]`, and of white noise as loud as they are, `[m]`.
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
    """The mean of what is finite; NaN where nothing is."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
