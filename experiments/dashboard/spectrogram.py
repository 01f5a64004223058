"""Spectrograms as PNG files."""

from pathlib import Path

import numpy as np

from patchwright.experiments.pages.level_picture import level_png
from patchwright.experiments.recordings.sound import DYNAMIC_RANGE, Picture


def write_png(path: Path, picture: Picture, reference: float) -> None:
    """Draw a mel spectrogram: time to the right, low bands at the bottom, `DYNAMIC_RANGE` dB.

    Args:
        path: PNG file to write.
        picture: Mel spectrogram.
        reference: Power at 0 dB.
    """
    highest = int(DYNAMIC_RANGE)
    level = (picture.decibels(reference) + highest).astype(np.uint8)
    path.write_bytes(level_png(level, highest))
