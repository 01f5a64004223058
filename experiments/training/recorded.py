"""Recordings as examples without parameters, for the perceptual loss of an estimator."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.recording import read_recording
from patchwright.surrogates.datasets.card import Card
from patchwright.surrogates.training.heard import Recordings
from patchwright.synths.notice import warn


def heard_recordings(paths: Sequence[Path], card: Card) -> Recordings | None:
    """Read recorded notes, by the front end and within the notes of a dataset.

    Args:
        paths: Files of single notes. Those of a pitch that the dataset does not have are left out,
            with a warning; velocity is the dataset's first.
        card: Card of the dataset.

    Returns:
        The recordings; None if there are no paths.

    Raises:
        ExperimentError: If a file cannot be read, or none has a pitch that the dataset has.
    """
    if not paths:
        return None
    known, sounds, notes = card.notes, [], []
    for path in paths:
        recording = read_recording(path, sr=card.sr)
        if not min(known.pitch) <= recording.note <= max(known.pitch):
            warn(f"{path.name} is left out: the dataset has no notes of its pitch.")
            continue
        held = min(max(recording.duration, min(known.duration)), max(known.duration))
        notes.append([recording.note, known.velocity[0], held])
        sounds.append(card.features(torch.from_numpy(recording.audio[None].copy()))[0])
    if not sounds:
        raise ExperimentError(
            "No recording has a pitch that the dataset has: give others, or make a dataset of "
            "their pitches."
        )
    return Recordings(torch.stack(sounds), np.array(notes, np.float64))
