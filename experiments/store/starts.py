"""Presets that a run took from a store when it began, kept in its folder for resuming."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patchwright.experiments.config import SearchConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.store.render_store import RenderStore
from patchwright.objectives import Target
from patchwright.synths import Subspace
from patchwright.synths.parameters import Array

_FILE = "store.json"
_MAX_STARTS = 20


@dataclass(frozen=True, eq=False)
class StoredStarts:
    """Stored presets that a search starts from; they are rendered and scored again.

    Attributes:
        genotypes: Genotypes, the nearest to the target first, `[k, d]`.
        stored: Number of presets in the store.
    """

    genotypes: Array
    stored: int


def stored_starts(
    folder: Path, store: RenderStore, target: Target, subspace: Subspace, search: SearchConfig
) -> StoredStarts:
    """Find presets to start from, or read those found when the run began.

    Args:
        folder: Folder of the run.
        store: Open store; it may have grown since the run began.
        target: Target of the run.
        subspace: Free parameters.
        search: Budget of the search, which limits the number of presets.

    Returns:
        Presets to start from.

    Raises:
        ExperimentError: A file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        left = _MAX_STARTS if search.renders is None else search.renders - search.calibration
        nearest = store.nearest(target, subspace, min(_MAX_STARTS, left))
        starts = StoredStarts(nearest, len(store))
        write_json(path, {"stored": starts.stored, "genotypes": starts.genotypes.tolist()})
        return starts
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        genotypes = np.array(content["genotypes"], np.float64).reshape(-1, len(subspace))
        return StoredStarts(genotypes, int(content["stored"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(
            f"{path} is damaged: start the run again in another folder."
        ) from error
