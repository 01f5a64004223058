"""Differences of width and place between two channels."""

from __future__ import annotations

import numpy as np

from patchwright.objectives.differences.difference import Difference
from patchwright.objectives.differences.portrait import Portrait

WIDTH_JND = 0.075
"""Correlation of the channels.

Source:
    ISO 3382-1:2009, Annex A, for the interaural cross-correlation.
"""

PLACE_JND = 1.0
"""Decibels between the channels.

Source:
    W. Yost and R. Dye, Discrimination of interaural differences of level as a function of
    frequency, 1988.
"""


def space_differences(target: Portrait, sound: Portrait) -> list[Difference]:
    """Compare width and place of two stereo sounds."""
    (wide, place), (width, moved) = (_measured(portrait) for portrait in (target, sound))
    narrower, right = width - wide, moved - place
    return [
        Difference(
            what="width",
            text=f"{'narrower' if narrower > 0 else 'wider'} in stereo",
            amount=-narrower,
            unit="correlation",
            plainness=abs(narrower) / WIDTH_JND,
            detail=f"the channels correlate by {wide:.2f} in the target, by {width:.2f} here; "
            f"{WIDTH_JND:g} is just noticeable",
        ),
        Difference(
            what="place",
            text=f"{abs(right):.1f} dB farther to the {'right' if right > 0 else 'left'}",
            amount=right,
            unit="dB",
            plainness=abs(right) / PLACE_JND,
            detail=f"right beside left {place:+.1f} dB in the target, {moved:+.1f} dB here; "
            f"{PLACE_JND:g} dB is just noticeable",
        ),
    ]


def _measured(portrait: Portrait) -> tuple[float, float]:
    """Return the correlation of the channels, and the level in dB of the right beside the left."""
    left, right = portrait.audio
    powers = np.maximum(np.square(portrait.audio).sum(1), 1e-12)
    return float(left @ right / np.sqrt(powers.prod())), float(
        10.0 * np.log10(powers[1] / powers[0])
    )
