"""Which effects are on a recording, heard from the wet sound alone."""

from pathlib import Path

import numpy as np
import torch

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.whole_sound import read_whole
from patchwright.surrogates.effects import SR, Recogniser, Recognition
from patchwright.surrogates.effects.labels import KINDS


def recognise(
    path: Path, recogniser: Recogniser, *, start: float | None = None, length: float | None = None
) -> Recognition:
    """Recognise the effects on a sound file.

    Args:
        path: WAV, FLAC, OGG or MP3 file.
        recogniser: Recogniser to ask.
        start: Seconds of the file to skip.
        length: Seconds to read.

    Raises:
        ExperimentError: If the file cannot be used.
    """
    torch.set_num_threads(1)
    audio = read_whole(path, sr=SR, start=start, length=length).audio.mean(axis=0)
    sounding = np.flatnonzero(np.abs(audio) > 1e-3 * np.abs(audio).max())
    return recogniser.recognise(audio[np.newaxis, sounding[0] :])[0]


def chain_of(heard: Recognition, path: Path) -> str:
    """Return the chain to search for what is heard: the effects that are likely, in any order.

    Args:
        heard: What is heard.
        path: The file, for messages.

    Raises:
        ExperimentError: If no effect is likely, or the sound is unlike all that was learned.
    """
    if heard.unknown:
        raise ExperimentError(
            f"{path} is unlike the sounds that recognition learned from: name the chain yourself, "
            "as in --synth 'effects: {chorus, delay, reverb}'."
        )
    if not heard.present:
        raise ExperimentError(
            f"No effect is recognised on {path}: name the chain yourself, as in --synth 'effects: "
            "{chorus, delay, reverb}'."
        )
    effects = dict.fromkeys(KINDS[kind].effect for kind in heard.present)
    return f"{{{', '.join(effects)}}}"
