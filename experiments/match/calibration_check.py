"""Check that the calibration leaves a search something to find."""

import numpy as np

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.setup import Setup
from patchwright.search import Calibration
from patchwright.synths import Status
from patchwright.synths.parameters import Array
from patchwright.synths.performance import notes_text

_ALIKE = 1e-6  # largest spread of equal scores, as a share of their size


def check_calibration(calibration: Calibration, floor: Array, setup: Setup) -> None:
    """Stop a search that would end where it begins.

    Presets sound alike if, by each objective, the spread of all their scores is at most the noise
    between two renders of one preset, or 1e-6 of the largest score.

    Args:
        calibration: Evaluations of the random and the initial presets.
        floor: Noise of each objective, `[m]`; 0 where it is not known.
        setup: Synth, target and locks of the search.

    Raises:
        ExperimentError: If all presets are silent or sound alike.
    """
    evaluations = calibration.evaluations
    count, free = len(evaluations), setup.subspace.names
    scored = np.isfinite(evaluations.scores).all(axis=1)
    notes = notes_text(setup.performance.notes[:3])
    notes += " ..." if len(setup.performance.notes) > 3 else ""
    played = f"the notes {notes}" if notes else f"the dry sound {setup.target.dry}"
    if (evaluations.status[scored] == Status.silent).all():
        raise ExperimentError(
            f"All {count} presets of the calibration are silent with {setup.synth.name} and "
            f"{played}: give notes within its range, or unlock or limit the parameters that "
            "make it sound, such as its volume."
        )
    scores = evaluations.scores[scored]
    spread, size = np.ptp(scores, axis=0), np.abs(scores).max(axis=0)
    if len(scores) > 1 and (spread <= np.maximum(floor, _ALIKE * size)).all():
        some = ", ".join(free[:3]) + (", ..." if len(free) > 3 else "")
        raise ExperimentError(
            f"All {count} presets of the calibration sound alike with {setup.synth.name}: its free "
            f"parameters ({some}) change nothing that the objectives hear, so free others in the "
            "lock, or choose other notes or objectives."
        )
