"""Spectrograms as PNG pictures."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

LEVELS = ("#0b0b1a", "#2a1150", "#6b1d6e", "#b5345f", "#ec6a4c", "#fcb369", "#fdf5c9")
"""Colours of a spectrogram, from the lowest level to the highest."""


def level_png(levels: NDArray[np.uint8], highest: int, *, scale: int = 4) -> bytes:
    """Draw levels: time to the right, low bands at the bottom.

    Args:
        levels: Level of each band and frame, `[bands, frames]`, 0 to `highest`.
        highest: Highest level, up to 255.
        scale: Pixels per band and per frame.

    Returns:
        Content of a PNG file.
    """
    steps = np.linspace(0, len(LEVELS) - 1, highest + 1)
    colours = np.array([ImageColor.getrgb(colour) for colour in LEVELS], float)
    palette = [np.interp(steps, np.arange(len(LEVELS)), channel) for channel in colours.T]
    image = Image.fromarray(np.ascontiguousarray(levels[::-1]), "P")
    image.putpalette(np.stack(palette, axis=1).round().astype(np.uint8).tobytes())
    size = (scale * image.width, scale * image.height)
    content = io.BytesIO()
    image.resize(size, Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()
