"""What the log of a run says: how far the search is, and its nearest presets."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.answer import match_of
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.search import EvaluationLog, Evaluations
from patchwright.search.calibration import median_scales
from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array, Subspace

_NEAREST = 256  # presets that are remembered
_RECENT = 20.0  # s over which the rate is measured


@dataclass(frozen=True)
class Step:
    """The state of a search when its answer became nearer.

    Attributes:
        renders: Renders so far.
        distance: Distance of the answer to the ideal point, in random presets' units.
    """

    renders: int
    distance: float


class Progress:
    """Follows a run by its evaluation log, generation by generation.

    Args:
        folder: Folder of the run.
        config: Config of the run.
        subspace: Free parameters.

    Attributes:
        renders: Renders so far.
        seconds: Wall time of the search so far.
        steps: One entry each time that the answer became nearer.
        genotypes: The nearest presets so far, the nearest first, `[k, d]`.
        distances: Their distances to the ideal point, `[k]`.
        match: Match of the nearest, 0 to 1, as in `summary.json`.
        generations: Generations that were read, the calibration included.
    """

    def __init__(self, folder: RunFolder, config: ExperimentConfig, subspace: Subspace) -> None:
        self._folder, self._config, self._subspace = folder, config, subspace
        self._weights = np.array([objective.weight for objective in config.objectives])
        self._weights = self._weights / self._weights.mean()
        self._reading = threading.Lock()
        self.renders, self.seconds, self.generations, self.match = 0, 0.0, 0, 0.0
        self.steps: list[Step] = []
        self.genotypes: Array = np.empty((0, len(self._subspace)))
        self.distances: Array = np.empty(0)
        self._scores: Array = np.empty((0, len(self._weights)))
        self._scales: Array = np.ones(len(self._weights))
        self._times: list[tuple[float, int]] = []

    def update(self) -> bool:
        """Read the generations that were logged since the last call; return whether there were any.

        Raises:
            SearchError: If the log is damaged.
        """
        if not self._folder.evaluations.is_dir():
            return False
        titles = [objective.title for objective in self._config.objectives]
        log = EvaluationLog(self._folder.evaluations, self._subspace.names, titles)
        with self._reading:
            before = self.generations
            while (entry := log.read(self.generations)) is not None:
                self._learn(*entry)
            return self.generations > before

    @property
    def rate(self) -> float:
        """Renders a second, lately; 0 if unknown."""
        if len(self._times) < 2:
            return 0.0
        (first, before), (last, now) = self._times[0], self._times[-1]
        return (now - before) / (last - first) if last > first else 0.0

    def left(self) -> float | None:
        """Seconds until the budget is spent; None if unknown."""
        search = self._config.search
        limits = []
        if search.renders is not None and self.rate > 0:
            limits.append((search.renders - self.renders) / self.rate)
        if search.seconds is not None:
            limits.append(search.seconds - self.seconds)
        return max(0.0, min(limits)) if limits else None

    def _learn(self, evaluations: Evaluations, seconds: float) -> None:
        if self.generations == 0:
            self._scales = median_scales(evaluations.scores[: self._config.search.calibration])
        self.generations += 1
        self.renders += len(evaluations)
        self.seconds += seconds
        self._times.append((self.seconds, self.renders))
        while self._times[0][0] < self.seconds - _RECENT:
            self._times.pop(0)
        scaled = evaluations.scores / self._scales
        finite = np.isfinite(scaled).all(axis=1)
        if not finite.any():
            return
        scores = np.concatenate([self._scores, scaled[finite]])
        distances = distance_to_ideal(scores, self._weights)
        genotypes = np.concatenate([self.genotypes, evaluations.genotypes[finite]])
        kept = np.argsort(distances, kind="stable")[:_NEAREST]
        self.genotypes, self.distances = genotypes[kept], distances[kept]
        self._scores = scores[kept]
        self.match = match_of(self._scores[0], self._weights)
        nearest = float(self.distances[0])
        if nearest < (self.steps[-1].distance if self.steps else math.inf):
            self.steps.append(Step(self.renders, nearest))

    def distance(self, scores: Array) -> Array:
        """Return the distances `[n]` of scores `[n, m]`; inf where a render failed."""
        distances = distance_to_ideal(scores / self._scales, self._weights)
        return np.nan_to_num(distances, nan=np.inf)


def thinned(steps: Sequence[Step], most: int = 200) -> list[Step]:
    """Return up to `most` of the steps, the first and the last among them."""
    if len(steps) <= most:
        return list(steps)
    places = np.linspace(0, len(steps) - 1, most).round().astype(int)
    return [steps[place] for place in places]
