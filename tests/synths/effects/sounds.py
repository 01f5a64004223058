"""A dry sound for tests of effects."""

import numpy as np

from patchwright.synths import DrySound, Performance

SR = 16_000


def dry(seconds=0.25, channels=1):
    """A chord that is loud, soft and loud again, and differs from side to side if there are two."""
    t = np.arange(round(seconds * SR)) / SR
    tones = [np.sin(2 * np.pi * f * t + p) for f, p in ((220, 0), (331, 1), (882, 2))]
    audio = (
        0.2
        * np.stack([tones[0] + tones[1], tones[0] + tones[2]])
        * np.where(abs(t - 0.12) < 0.05, 0.003, 1.0)
    )
    return DrySound(audio[:channels].astype(np.float32))


def played(seconds=0.25, *, sr=SR, channels=1):
    return Performance(notes=(), length=seconds, sr=sr, dry=dry(seconds, channels))
