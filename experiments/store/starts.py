"""What a run took from a store when it began: kept with it, so that it resumes as it began."""

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
_MOST = 20  # presets


@dataclass(frozen=True, eq=False)
class Starts:
    """Presets of earlier renders that a search starts from.

    Attributes:
        genotypes: The nearest to the target first, `[k, d]`; rendered and scored anew.
        stored: How many presets the store held.
    """

    genotypes: Array
    stored: int


def stored_starts(
    folder: Path, store: RenderStore, target: Target, subspace: Subspace, search: SearchConfig
) -> Starts:
    """Look up what to start from, or read what was looked up when the run began.

    Args:
        folder: Of the run.
        store: Opened; it may have grown since the run began.
        target: Of the run.
        subspace: Of the free parameters.
        search: Its budget is the most that is taken.

    Raises:
        ExperimentError: If a file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        left = _MOST if search.renders is None else search.renders - search.calibration
        nearest = store.nearest(target, subspace, min(_MOST, left))
        starts = Starts(nearest, len(store))
        write_json(path, {"stored": starts.stored, "genotypes": starts.genotypes.tolist()})
        return starts
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        genotypes = np.array(content["genotypes"], np.float64).reshape(-1, len(subspace))
        return Starts(genotypes, int(content["stored"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(
            f"{path} is damaged: begin the run anew in another folder."
        ) from error
