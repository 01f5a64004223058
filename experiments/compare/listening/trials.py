"""What is played in a listening test, and in which order."""

import numpy as np

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import (
    ANCHOR,
    REFERENCE,
    Stimulus,
    Trial,
    run_digest,
)
from patchwright.experiments.errors import ExperimentError

MOST_SOUNDS = 12
"""Of a trial, hidden reference and anchor included (ITU-R BS.1534-3)."""


def plan_trials(design: Design, *, seed: int, most: int | None = None) -> list[Trial]:
    """Shuffle targets, and in each the answers with a hidden reference and a low anchor.

    Of several seeds of one target, one is drawn for all groups, whatever its scores.

    Args:
        design: The runs.
        seed: Of every choice.
        most: Trials; all targets if None.

    Raises:
        ExperimentError: If there are more groups than listeners can judge in one trial.
    """
    if len(design.groups) + 2 > MOST_SOUNDS:
        raise ExperimentError(
            f"{len(design.groups)} groups with the hidden reference and the anchor are more than "
            f"the {MOST_SOUNDS} sounds that a trial may have: name fewer runs."
        )
    rng = np.random.default_rng(seed)
    trials = []
    for target in rng.permutation(len(design.targets))[:most]:
        columns = [column for column, (of, _) in enumerate(design.cells) if of == target]
        column = rng.choice(columns)
        stimuli = [
            Stimulus(sound=REFERENCE),
            Stimulus(sound=ANCHOR),
            *(
                Stimulus(sound="answer", run=run_digest(folder), folder=str(folder))
                for folder in (row[column].folder for row in design.runs)
            ),
        ]
        shuffled = tuple(stimuli[place] for place in rng.permutation(len(stimuli)))
        trials.append(Trial(target=design.targets[target], stimuli=shuffled))
    return trials
