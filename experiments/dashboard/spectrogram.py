"""Spectrograms as PNG files."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from patchwright.experiments.recordings.sound import DYNAMIC_RANGE, Picture
from patchwright.experiments.report.sound_figure import LEVELS

_SCALE = 4  # pixels per band and per column


def write_png(path: Path, picture: Picture, reference: float) -> None:
    """Draw a mel spectrogram: time to the right, low bands at the bottom, `DYNAMIC_RANGE` dB.

    Args:
        path: PNG file to write.
        picture: Mel spectrogram.
        reference: Power at 0 dB.
    """
    steps = np.linspace(0, len(LEVELS) - 1, int(DYNAMIC_RANGE) + 1)
    colours = np.array([ImageColor.getrgb(colour) for colour in LEVELS], float)
    palette = [np.interp(steps, np.arange(len(LEVELS)), channel) for channel in colours.T]
    level = (picture.decibels(reference)[::-1] + int(DYNAMIC_RANGE)).astype(np.uint8)
    image = Image.fromarray(level, "P")
    image.putpalette(np.stack(palette, axis=1).round().astype(np.uint8).tobytes())
    size = (_SCALE * image.width, _SCALE * image.height)
    image.resize(size, Image.Resampling.NEAREST).save(path, "PNG")
