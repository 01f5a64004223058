"""A folder of dry sounds, by instrument."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.config.target import SOUND_SUFFIXES
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.whole_sound import read_whole
from patchwright.surrogates.effects import SECONDS, SR


def read_dry_folder(folder: Path) -> dict[str, list[NDArray[np.float32]]]:
    """Read the dry sounds of a folder, by instrument.

    The instrument is the folder of a file within it, or of files beside each other what stands
    before the first underscore of the name.

    Args:
        folder: Folder of WAV, FLAC, OGG or MP3 files, at any depth.

    Returns:
        Mono sounds `[t]` at `SR`, the first two seconds of each file, by instrument.

    Raises:
        ExperimentError: If it holds no sounds, or one cannot be used.
    """
    found: dict[str, list[NDArray[np.float32]]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUND_SUFFIXES:
            inside = path.parent.relative_to(folder).as_posix()
            instrument = path.stem.partition("_")[0] if inside == "." else inside
            audio = read_whole(path, sr=SR, length=SECONDS).audio.mean(axis=0)
            found.setdefault(instrument, []).append(audio)
    if not found:
        raise ExperimentError(
            f"{folder} holds no WAV, FLAC, OGG or MP3 file: name a folder of dry sounds."
        )
    return found
