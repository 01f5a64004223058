"""From the channels of a file to one signal in full scale without direct current."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.background import offset
from patchwright.experiments.recordings.sound_file import FileSamples

_SILENCE = 1e-4  # peak of -80 dBFS
_HOT = 8.0  # peak up to which samples of floats are just loud (+18 dB)
_INTEGERS = (16, 24, 32)  # bits
_CANCELLED = 0.1  # power of the mix relative to the mean of the channels; 0.5 if they differ freely


def one_channel(read: FileSamples, path: Path) -> tuple[np.ndarray, list[str]]:
    """Mix the channels of a file.

    Samples with a peak above 8 are those of integers, and divided by their full scale: 2^15, 2^23
    or 2^31. Direct current is subtracted from each channel (see `offset`). Channels are averaged;
    if that leaves less than a tenth of their mean power, the louder one is used instead.

    Args:
        read: Samples of the file.
        path: The file, for messages.

    Returns:
        Samples `[t]`, float32, and warnings about what was changed.

    Raises:
        ExperimentError: The samples are silent.
    """
    samples, warnings = _in_full_scale(read, path)
    samples, removed = _without_offset(samples, read.sr, path)
    mono, chosen = _mix(samples, path)
    if np.abs(mono).max() < _SILENCE:
        raise ExperimentError(
            f"{path} is silent in the part that was read (below -80 dBFS): give a recording, or a "
            "start and length, with an audible note."
        )
    return mono, [*warnings, *removed, *chosen]


def _in_full_scale(read: FileSamples, path: Path) -> tuple[np.ndarray, list[str]]:
    """Scale samples of integers that were stored as floats."""
    peak = float(np.abs(read.samples).max())
    if peak > _HOT:
        bits = next((bits for bits in _INTEGERS if peak <= 2.0 ** (bits - 1)), None)
        power = bits - 1 if bits else math.ceil(math.log2(peak))  # 2^128 is no float32
        told = f"divided by 2^{power}" + (f", as integers of {bits} bits" if bits else "")
        return np.ldexp(read.samples, -power), [
            f"{path.name} has a peak of {peak:.5g}, far above full scale (1.0): its samples were "
            f"{told}."
        ]
    if peak > 1.0 and read.floating:
        return read.samples, [
            f"{path.name} has a peak of {peak:.3g}, above full scale (1.0), and its level is kept: "
            "normalise it first if the synth cannot be that loud."
        ]
    return read.samples, []


def _without_offset(samples: np.ndarray, sr: int, path: Path) -> tuple[np.ndarray, list[str]]:
    """Subtract the direct current of each channel."""
    offsets = np.array([offset(channel, sr) for channel in samples.T], np.float32)
    if not offsets.any():
        return samples, []
    largest = float(offsets[np.abs(offsets).argmax()])
    return samples - offsets, [
        f"{path.name} has direct current, {100 * largest:+.2g} % of full scale, which was removed."
    ]


def _mix(samples: np.ndarray, path: Path) -> tuple[np.ndarray, list[str]]:
    """Average the channels, unless they cancel out."""
    mono: np.ndarray = samples.mean(axis=1)
    power = np.square(samples, dtype=np.float64).mean(axis=0)
    if np.square(mono, dtype=np.float64).mean() >= _CANCELLED * power.mean():
        return mono, []
    louder = int(power.argmax())
    name, other = ("left", "right") if louder == 0 else ("right", "left")
    return np.ascontiguousarray(samples[:, louder]), [
        f"The channels of {path.name} cancel out when mixed, so only the {name} one is used: for "
        f"the {other} one, export it as mono."
    ]
