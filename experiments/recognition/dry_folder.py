"""A folder of dry sounds, by instrument."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.config.target import SOUND_SUFFIXES
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recognition.idmt import named_sound
from patchwright.experiments.recordings.whole_sound import read_whole
from patchwright.surrogates.effects import SECONDS, SR
from patchwright.surrogates.effects.labels import DRY


def read_dry_folder(
    folder: Path, *, sr: int = SR, length: float = SECONDS
) -> dict[str, list[NDArray[np.float32]]]:
    """Read the dry sounds of a folder, by instrument.

    The instrument is the folder of a file within it, or of files beside each other what stands
    before the first underscore of the name. Of files of IDMT-SMT-Audio-Effects, those without an
    effect are read, with the instrument that their names say.

    Args:
        folder: Folder of WAV, FLAC, OGG or MP3 files, at any depth.
        sr: Sample rate of the result in Hz.
        length: Seconds of each file to read.

    Returns:
        Mono sounds `[t]` by instrument.

    Raises:
        ExperimentError: If it holds no sounds, or one cannot be used.
    """
    found: dict[str, list[NDArray[np.float32]]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUND_SUFFIXES:
            named = named_sound(path)
            if named is not None and named.kind != DRY:
                continue
            inside = path.parent.relative_to(folder).as_posix()
            instrument = path.stem.partition("_")[0] if inside == "." else inside
            instrument = instrument if named is None else named.instrument
            audio = read_whole(path, sr=sr, length=length).audio.mean(axis=0)
            found.setdefault(instrument, []).append(audio)
    if not found:
        raise ExperimentError(
            f"{folder} holds no WAV, FLAC, OGG or MP3 file: name a folder of dry sounds."
        )
    return found
