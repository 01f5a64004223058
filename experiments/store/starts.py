"""Presets that a run took from a store when it began, kept in its folder for resuming."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patchwright.experiments.config import SearchConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import MAX_BYTES
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.records.summary import Count, Record, Share
from patchwright.experiments.store.render_store import RenderStore
from patchwright.objectives import Target
from patchwright.synths import Subspace
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array

_FILE = "store.json"
_MAX_STARTS = 20


class _Content(Record):
    """Contents of `store.json`; see `StoredStarts`."""

    stored: Count
    genotypes: list[list[Share]]


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
        write_json(path, _Content(stored=starts.stored, genotypes=starts.genotypes.tolist()))
        return starts
    try:
        data = read_outside(path, kind="a file of a run", max_bytes=MAX_BYTES)
        content = _Content.model_validate_json(data, strict=True)
        genotypes = np.array(content.genotypes, np.float64).reshape(-1, len(subspace))
    except ValueError as error:
        raise ExperimentError(
            f"{path} is damaged: start the run again in another folder."
        ) from error
    return StoredStarts(genotypes, content.stored)
