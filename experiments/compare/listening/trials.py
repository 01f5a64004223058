"""Plan of a listening test: its trials and the order of their sounds."""

import numpy as np

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import (
    ANCHOR,
    REFERENCE,
    ListeningTrial,
    Stimulus,
    run_digest,
)
from patchwright.experiments.errors import ExperimentError

MAX_SOUNDS = 12
"""Maximum of sounds in a trial, including hidden reference and anchor (ITU-R BS.1534-3)."""


def plan_trials(
    design: Design, *, seed: int, max_trials: int | None = None
) -> list[ListeningTrial]:
    """Shuffle the targets, and for each the answers, a hidden reference and a low anchor.

    If a target has several seeds, one is drawn for all groups, independently of the scores.

    Args:
        design: Runs whose answers are rated.
        seed: Seed of every random choice.
        max_trials: Maximum number of trials; one per target if None.

    Raises:
        ExperimentError: If there are too many groups for one trial.
    """
    if len(design.groups) + 2 > MAX_SOUNDS:
        raise ExperimentError(
            f"{len(design.groups)} groups with the hidden reference and the anchor exceed the "
            f"{MAX_SOUNDS} sounds that a trial may have: give fewer runs."
        )
    rng = np.random.default_rng(seed)
    trials = []
    for target in rng.permutation(len(design.targets))[:max_trials]:
        columns = [column for column, cell in enumerate(design.cells) if cell[0] == target]
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
        trials.append(ListeningTrial(target=design.targets[target], stimuli=shuffled))
    return trials
