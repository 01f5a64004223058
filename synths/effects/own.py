"""Effects that pedalboard lacks: functions of a sound `[2, t]`, its sample rate and settings."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.effects.responses import response as impulse_response

Sound = NDArray[np.float32]


def tremolo(audio: Sound, sr: int, *, rate_hz: float, depth: float) -> Sound:
    """Let the level fall and rise as a cosine, from full at the start.

    Args:
        audio: Sound, `[2, t]`.
        sr: Sample rate in Hz.
        rate_hz: Speed of the modulation in Hz.
        depth: Share of the level that is taken away at most, from 0 to 1.

    Examples:
        >>> tremolo(np.ones((2, 4), np.float32), 4, rate_hz=1.0, depth=1.0)[0].round(2).tolist()
        [1.0, 0.5, 0.0, 0.5]
    """
    phase = 2 * np.pi * rate_hz / sr * np.arange(audio.shape[1])
    gain = 1 - depth * (1 - np.cos(phase)) / 2
    return np.asarray(audio * gain, np.float32)


def convolution(audio: Sound, sr: int, *, response: str, mix: float) -> Sound:
    """Convolve a sound with an impulse response of energy 1.

    Args:
        audio: Sound, `[2, t]`.
        sr: Sample rate in Hz.
        response: Name of a response that is made, or a sound file.
        mix: Share of the convolved sound.
    """
    from scipy.signal import oaconvolve  # here, because it is slow to import

    wet = oaconvolve(audio, impulse_response(response, sr), axes=1)
    return np.asarray((1 - mix) * audio + mix * wet[:, : audio.shape[1]], np.float32)


OWN: Mapping[str, Callable[..., Sound]] = {"Tremolo": tremolo, "Convolution": convolution}
"""Functions by the name of their device."""
