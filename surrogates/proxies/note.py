"""The note that a preset plays, as numbers that a network reads."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from patchwright.synths.parameters import Array

NOTE_WIDTH = 3
"""Numbers that describe a note: pitch, velocity and duration."""


def scaled_note(note: Array) -> Tensor:
    """Scale notes for a network.

    Args:
        note: MIDI pitch, MIDI velocity and duration in seconds, `[n, 3]`.

    Returns:
        Octaves above middle C, velocity from 0 to 1, and the logarithm of the duration to base 2,
        `[n, 3]`, float32.

    Examples:
        >>> scaled_note(np.array([[72, 127, 0.5]]))
        tensor([[ 1.,  1., -1.]])
    """
    pitch, velocity, duration = np.asarray(note, np.float64).T
    scaled = np.stack([(pitch - 60) / 12, velocity / 127, np.log2(duration)], axis=1)
    return torch.from_numpy(scaled.astype(np.float32))
