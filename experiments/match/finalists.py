"""Finalists: the nearest presets of a front, measured again by embeddings too slow for a search."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.match.search import SearchOutcome
from patchwright.experiments.match.setup import Setup, named
from patchwright.experiments.records.summary import Finalist, FinalistFacts
from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array

_FINALISTS = 32  # presets of the front
_RANDOM = 24  # random presets that give the embeddings' distances their unit


@dataclass(frozen=True, eq=False)
class Finalists:
    """Members of a front that an answer is chosen from.

    Attributes:
        names: Names of the embeddings, `e` of them; none if none takes part.
        places: Positions of the finalists in the archive, `[k]`, the nearest to the ideal first.
        distances: Distances to the ideal point by the objectives, `[k]`.
        heard: Distances to the target by the embeddings, `[k, e]`; 1 is the median random preset.
    """

    names: tuple[str, ...]
    places: NDArray[np.int64]
    distances: Array
    heard: Array

    @property
    def totals(self) -> Array:
        """Distances by which the answer is chosen, `[k]`.

            T = sqrt(1/(1 + e) (D² + sum_j E_j²))    (1)

        D is the distance by the objectives, and E_j that by embedding j, all in units of the median
        random preset: what the search minimised counts as much as one embedding. A preset that an
        embedding cannot measure comes last.
        """
        parts = np.column_stack([self.distances, self.heard])
        return distance_to_ideal(np.where(np.isfinite(parts), parts, np.inf))

    @property
    def answer(self) -> int:
        """Position of the answer in the archive; of equal ones the nearer by the objectives."""
        return int(self.places[np.argmin(self.totals)])

    def facts(self) -> FinalistFacts | None:
        """Return what was chosen, and what would have been chosen by the objectives alone."""
        if not self.names:
            return None
        chosen = int(np.argmin(self.totals))
        return FinalistFacts(
            count=len(self.places), chosen=self._finalist(chosen), nearest=self._finalist(0)
        )

    def _finalist(self, row: int) -> Finalist:
        heard, total = named(self.names, self.heard[row]), float(self.totals[row])
        return Finalist(
            place=row,
            distance=float(self.distances[row]),
            heard={name: distance for name, distance in heard.items() if np.isfinite(distance)},
            total=total if np.isfinite(total) else None,
        )


def finalists(setup: Setup, outcome: SearchOutcome) -> Finalists:
    """Measure the presets of the front that are nearest to the target by the objectives.

    They are rendered once more, as are the first random presets of the calibration.

    Args:
        setup: Synth, target and embeddings of the run.
        outcome: Results of the search.

    Returns:
        The finalists: up to 32, or the nearest preset alone if no embedding takes part.
    """
    archive, embeddings = outcome.result.archive, setup.finalists
    places = archive.nearest(1 if embeddings is None else _FINALISTS)
    distances = archive.distances()[places]
    if embeddings is None:
        return Finalists((), places, distances, np.empty((1, 0)))
    calibration = outcome.calibration
    random = calibration.evaluations.genotypes[: min(_RANDOM, calibration.random)]
    measured = setup.scores(np.concatenate([archive.genotypes[places], random]), embeddings)
    found, drawn = measured[: len(places)], measured[len(places) :]
    with np.errstate(all="ignore"):
        units = np.nanmedian(drawn, axis=0)
    units = np.where(np.isfinite(units) & (units > 0), units, 1.0)
    return Finalists(embeddings.names, places, distances, found / units)
