"""Direct current and background noise of a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOUDEST = -30.0
"""Level in dB relative to the peak up to which a steady start is a background, not the note."""

FRAME = 0.002
"""Length in seconds of a frame whose level decides where a note begins and ends."""

_BLOCK = 0.02  # s, of means: a period of 50 Hz
_QUIET = 2.0  # deviation of a quiet block, as a factor of the smallest
_LEAST_OFFSET = 1e-3  # of the peak: -60 dB, too faint to hide an onset
_LEAST_SHARE = 0.5  # of the deviation of the quiet blocks
_LEAST_BLOCKS = 3

_HOP = 0.01  # s; levels are measured over two hops
_LEAD, _TAIL = 4, 30  # levels at the start and at the end that have to be steady
_STEADY = 8.0  # dB between the loudest and the faintest of them; a linear fade-in has 12 dB
_FLAT = 6.0  # dB/s of change at the end; sounds that decay fall faster
_ROUNDS = 3
_RISE = 10.0  # dB by which the note rises above the background
_FAINTEST = -200.0  # dB
_NOISY = 0.1  # spectral flatness: 0.15 for brown noise, near 1 for white, 0.001 for notes
_BAND = (200.0, 8000.0)  # Hz, of the spectral flatness
_WINDOW = 512  # samples, of its spectra
_PERIODS = 0.2  # s in which repetition is looked for
_SHORTEST, _LONGEST = 0.001, 0.03  # s, of periods
_REPEATS = 0.4  # autocorrelation; noise stays below 0.2, and tones come near 1


@dataclass(frozen=True)
class Background:
    """Steady sound before a note, or noise after it.

    Attributes:
        level: RMS in dB relative to the peak of the recording.
        highest: Maximum RMS of a frame of 2 ms, in dB relative to that peak.
        noisy: Whether its spectrum is that of noise.
    """

    level: float
    highest: float
    noisy: bool


def offset(samples: NDArray[np.float32], sr: int) -> float:
    """Estimate the direct current of a channel from its quietest blocks.

    Args:
        samples: Samples `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Median of the means of quiet blocks of 20 ms, whose standard deviations are within 6 dB of
        the smallest; 0 if there are fewer than three, if they disagree, or if the median is below
        0.1 % of the peak or half their deviation.
    """
    size = round(_BLOCK * sr)
    blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    if not len(blocks):
        return 0.0
    means, deviations = blocks.mean(axis=1), blocks.std(axis=1)
    quiet = means[deviations <= _QUIET * deviations.min()]
    estimate = float(np.median(quiet))
    peak = float(np.abs(samples - estimate).max())
    least = max(_LEAST_OFFSET * peak, _LEAST_SHARE * deviations.min())
    disagree = float(np.abs(quiet - estimate).max()) > abs(estimate) / 2
    if len(quiet) < _LEAST_BLOCKS or abs(estimate) < least or disagree:
        return 0.0
    return estimate


def find_background(mono: NDArray[np.float32], sr: int) -> Background | None:
    """Find the background of a recording before its note, or else after it.

    The background is the start of the recording up to where the level has risen by 10 dB, if the
    level of its first 50 ms changes by less than 8 dB; or its last 300 ms, if they are noise at a
    constant level below -30 dB.

    Args:
        mono: Samples `[t]` without direct current.
        sr: Sample rate in Hz.

    Returns:
        The background; None if there is none, as when the recording begins with the note, and
        ends with it or in silence.
    """
    levels = _levels(mono, sr)
    return _before(mono, levels, sr) or _after(mono, levels, sr)


def _before(mono: NDArray[np.float32], levels: NDArray[np.float64], sr: int) -> Background | None:
    """Return the background before the note."""
    lead = levels[:_LEAD]
    if len(levels) <= _LEAD or lead.min() <= _FAINTEST or np.ptp(lead) >= _STEADY:
        return None
    stop = _LEAD
    for _ in range(_ROUNDS):  # the longer the start is, the better its level is known
        louder = np.flatnonzero(levels > _mean(levels[:stop]) + _RISE)
        if not len(louder):
            return None
        stop = max(_LEAD, int(louder[0]) - 1)
    found = _measured(mono[: stop * round(_HOP * sr)], levels[:stop], mono, sr)
    return found if found.level <= LOUDEST or found.noisy else None  # otherwise the note itself


def _after(mono: NDArray[np.float32], levels: NDArray[np.float64], sr: int) -> Background | None:
    """Return the noise after the note."""
    tail = levels[-_TAIL:]
    if len(levels) <= _TAIL or tail.min() <= _FAINTEST or np.ptp(tail) >= _STEADY:
        return None
    slope = float(np.polyfit(np.arange(_TAIL) * _HOP, tail, 1)[0])
    found = _measured(mono[-_TAIL * round(_HOP * sr) :], tail, mono, sr)
    return found if found.noisy and found.level <= LOUDEST and abs(slope) <= _FLAT else None


def _measured(
    part: NDArray[np.float32], levels: NDArray[np.float64], mono: NDArray[np.float32], sr: int
) -> Background:
    """Measure a part `[k]` of samples `[t]`, with its levels."""
    highest = frame_levels(part, sr).max() / np.abs(mono).max()
    return Background(_mean(levels), float(20.0 * np.log10(highest)), _is_noise(part, sr))


def frame_levels(mono: NDArray[np.float32], sr: int) -> NDArray[np.float64]:
    """Compute the RMS of successive frames of 2 ms, `[k]`, of samples `[t]`."""
    frame = round(FRAME * sr)
    padded = np.pad(mono.astype(np.float64), (0, -len(mono) % frame))
    levels: NDArray[np.float64] = np.sqrt(np.square(padded).reshape(-1, frame).mean(axis=1))
    return levels


def _levels(mono: NDArray[np.float32], sr: int) -> NDArray[np.float64]:
    """Compute the RMS in dB relative to the peak, `[k]`, of 20 ms at every 10 ms of `[t]`."""
    hop = round(_HOP * sr)
    whole = mono[: len(mono) // hop * hop].reshape(-1, hop)
    power = np.square(whole, dtype=np.float64).mean(axis=1)
    relative = (power[1:] + power[:-1]) / 2 / float(np.abs(mono).max()) ** 2
    levels: NDArray[np.float64] = 10.0 * np.log10(np.maximum(relative, 10.0 ** (_FAINTEST / 10)))
    return levels


def _mean(levels: NDArray[np.float64]) -> float:
    """Return the level in dB of the mean power of levels in dB."""
    return float(10.0 * np.log10(np.mean(10.0 ** (levels / 10.0))))


def _is_noise(mono: NDArray[np.float32], sr: int) -> bool:
    """Return whether samples `[t]` have a flat spectrum and do not repeat themselves."""
    window = np.hanning(_WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[:: _WINDOW // 2]
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))).mean(axis=0)
    hz = np.arange(len(power)) * sr / _WINDOW
    band = power[(hz >= _BAND[0]) & (hz <= min(_BAND[1], 0.4 * sr))]
    if not band.min() > 0.0 or np.exp(np.log(band).mean()) / band.mean() < _NOISY:
        return False
    steps = np.diff(mono[: round(_PERIODS * sr)].astype(np.float64))  # whiter than the samples
    spectrum = np.fft.rfft(steps, 2 * len(steps))
    repeats = np.fft.irfft(np.square(np.abs(spectrum)))[: len(steps)]
    lags = slice(round(_SHORTEST * sr), round(_LONGEST * sr))
    unbiased = repeats[lags] / (1.0 - np.arange(len(steps))[lags] / len(steps))
    return bool(unbiased.max() < _REPEATS * repeats[0])
