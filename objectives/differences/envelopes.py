"""Differences of loudness over time: start, attack, decay, release, length and tremolo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.differences.difference import Difference, seconds, steps
from patchwright.objectives.differences.modulation import (
    STILL,
    Modulation,
    find_modulation,
    modulation_at,
)
from patchwright.objectives.differences.portrait import Portrait
from patchwright.objectives.differences.tones import modulation_differences

ATTACK_JND, SHORTEST_JND = 0.25, 0.004
"""Share of a rise or fall, and seconds of a very short one.

Source:
    V. van Heuven and M. van den Broecke, Auditory discrimination of rise and decay times in tone
    and noise bursts, 1979.
"""

START_JND = 0.02
"""Seconds.

Source:
    I. Hirsh, Auditory perception of temporal order, 1959, for two events.
"""

LEVEL_JND = 1.0
"""Decibels.

Source:
    W. Jesteadt, C. Wier and D. Green, Intensity discrimination as a function of frequency and
    sensation level, 1977: 0.5 to 1 dB at ordinary levels.
"""

LENGTH_JND = 0.1
"""Share of a duration.

Source:
    S. Abel, Duration discrimination of noise and tone bursts, 1972.
"""

TREMOLO_JND = 0.05
"""Depth of modulation.

Source:
    N. Viemeister, Temporal modulation transfer functions based upon modulation thresholds, 1979;
    A. Kohlrausch, R. Fassel and T. Dau, The influence of carrier level and frequency on modulation
    and beat-detection thresholds for sinusoidal carriers, 2000: 0.03 to 0.06; J. Lee and S. Bacon,
    Amplitude modulation depth discrimination of a sinusoidal carrier, 1997.
"""

_FINE, _FINEST, _FINE_HOP = 0.01, 0.004, 0.00025  # s: windows and hop for attacks
_SMOOTH, _SMOOTH_HOP = 0.04, 0.005  # s: for everything slower; two periods of 50 Hz
_RISE = (0.1, 0.5)  # of the maximal amplitude; above, a held sound swells and ripples
_RANGE = 30.0  # dB below the maximum in which a decay is heard
_FALL = 20.0  # dB of a release that are timed
_LEAST = 0.15  # s of a decay
_TREMOLO = (2.0, 16.0)  # Hz
_SETTLED = 0.1  # s after the maximum's first approach, from which a tremolo is looked for


def envelope_differences(target: Portrait, sound: Portrait, held: float | None) -> list[Difference]:
    """Compare the envelopes of notes.

    Args:
        target: Sound to compare with.
        sound: Sound to compare.
        held: Seconds from the start for which the key was held; None if unknown, and then releases
            are not compared.
    """
    differences = _start(target, sound) + _attack(target, sound, held)
    differences += _decay(target, sound, held)
    differences += _release(target, sound, held)
    if all(d.plainness < 1.0 for d in differences if d.what not in ("start", "attack")):
        differences += _length(target, sound)  # otherwise the same fact twice
    return differences


def level_differences(target: Portrait, sound: Portrait) -> list[Difference]:
    """Compare integrated loudness."""
    louder = sound.loudness - target.loudness
    return [
        Difference(
            what="level",
            text=f"{abs(louder):.1f} dB {'louder' if louder > 0 else 'quieter'}",
            amount=louder,
            unit="LU",
            plainness=abs(louder) / LEVEL_JND,
            detail=f"target {target.loudness:.1f} LUFS, here {sound.loudness:.1f}; "
            f"{LEVEL_JND:g} LU is just noticeable",
        )
    ]


def tremolo_differences(target: Portrait, sound: Portrait, held: float | None) -> list[Difference]:
    """Compare the tremolo of notes."""
    wanted, found = (tremolo(portrait, held) for portrait in (target, sound))
    if wanted.rate and not found.rate:
        found = tremolo(sound, held, rate=wanted.rate)
    elif found.rate and not wanted.rate:
        wanted = tremolo(target, held, rate=found.rate)
    return modulation_differences("tremolo", wanted, found, "depth", TREMOLO_JND, "depth {:.2f}")


def rise(sound: Portrait, held: float | None = None, period: float | None = None) -> float:
    """Measure an attack in seconds: the length of the linear ramp with the same steepness.

    The amplitude, without its tremolo, is timed from 10 % to 50 % of its maximum, so that swells
    and ripples of a held sound do not count. It is the root mean square of one period of the note,
    which has no ripples of its own, but of at least 4 ms; of 10 ms without a pitch.

    Args:
        sound: Sound to measure.
        held: Seconds from the start for which the key was held; None if unknown.
        period: Period of the note in seconds; None if it is not known.
    """
    window = _FINE if period is None else float(np.ceil(_FINEST / period)) * period
    power, hop = sound.envelope(window, _FINE_HOP)
    moved = _movement(sound, held)
    angles = 2.0 * np.pi * moved.rate * np.arange(len(power)) * hop + moved.phase
    power = power / 10.0 ** (moved.depth * np.sin(angles) / 10.0)
    begun, risen = _crossings(power)
    return (risen - begun) * hop / (_RISE[1] - _RISE[0])


def tremolo(sound: Portrait, held: float | None, *, rate: float | None = None) -> Modulation:
    """Find the tremolo of a note: rate in Hz, and depth m in 1 + m sin(2 pi rate t).

    It is looked for from 0.1 s after the attack to 20 dB below the maximum, and while the key is
    held.

    Args:
        sound: Sound to measure.
        held: Seconds from the start for which the key was held; None if unknown.
        rate: Rate at which to measure; None to look for one.
    """
    found = _movement(sound, held, rate)
    # of 20 log10(1 + m sin x), the first harmonic is 40 / ln 10 (1 - sqrt(1 - m²)) / m
    share = min(found.depth * np.log(10.0) / 40.0, 1.0)
    return replace(found, depth=float(2.0 * share / (1.0 + share**2)))


def _movement(sound: Portrait, held: float | None, rate: float | None = None) -> Modulation:
    """Find the sinusoid in the level of a note, with its depth in dB."""
    levels, hop = _levels(sound)
    high = levels >= levels.max() - _FALL
    last = len(levels) - 1 - int(np.argmax(high[::-1]))
    if held is not None:
        last = min(last, round(held / hop))
    first = int(np.argmax(levels >= levels.max() - 3.0)) + round(_SETTLED / hop)
    if first >= last:
        return STILL
    times = np.arange(first, last, dtype=np.float64) * hop
    track = levels[first:last]
    if rate is None:
        found = find_modulation(track, times, *_TREMOLO)
    else:
        found = modulation_at(rate, track, times)
    return replace(found, depth=found.depth / float(np.sinc(found.rate * _SMOOTH)))


def _start(target: Portrait, sound: Portrait) -> list[Difference]:
    """Compare the times at which the ramps of the attacks begin, whatever their length."""
    times = []
    for portrait in (target, sound):
        power, hop = portrait.envelope(_FINE, _FINE_HOP)
        low, high = _crossings(power)
        times.append(max(0.0, (low - (high - low) * _RISE[0] / (_RISE[1] - _RISE[0])) * hop))
    wanted, found = times
    return [
        _in_time(
            "start",
            ("starts", "later", "earlier"),
            found - wanted,
            plainness=abs(found - wanted) / START_JND,
            detail=f"after {seconds(wanted)} in the target, after {seconds(found)} here; "
            f"{seconds(START_JND)} are just noticeable",
        )
    ]


def _attack(target: Portrait, sound: Portrait, held: float | None) -> list[Difference]:
    f0s = [portrait.tone.f0 for portrait in (target, sound) if portrait.tone.f0 is not None]
    period = 1.0 / min(f0s) if f0s else None
    wanted, found = (rise(portrait, held, period) for portrait in (target, sound))
    return [
        _in_time(
            "attack",
            ("attack", "slower", "faster"),
            found - wanted,
            plainness=_steps(wanted, found),
            detail=f"target {seconds(wanted)}, here {seconds(found)}; {_jnd(wanted)}",
        )
    ]


def _decay(target: Portrait, sound: Portrait, held: float | None) -> list[Difference]:
    """Compare the slopes of the levels between the later attack and the earlier end."""
    tracks = [_levels(portrait) for portrait in (target, sound)]
    hop = tracks[0][1]
    first, last = 0, len(tracks[0][0]) if held is None else round(held / hop)
    for levels, _ in tracks:
        top = int(np.argmax(levels >= levels.max() - LEVEL_JND))
        below = levels[top:] < levels.max() - _RANGE
        end = top + int(np.argmax(below)) if below.any() else len(levels)
        end -= round(_SMOOTH / hop)  # a window before a fall, which is none of the decay
        first, last = max(first, top), min(last, end)
    span = (last - first) * hop
    if span < _LEAST:
        return []
    wanted, found = (
        float(np.polyfit(np.arange(last - first) * hop, levels[first:last], 1)[0])
        for levels, _ in tracks
    )
    apart = (found - wanted) * span
    return [
        Difference(
            what="decay",
            text=f"decays {abs(found - wanted):.0f} dB/s {'slower' if apart > 0 else 'faster'}",
            amount=found - wanted,
            unit="dB/s",
            plainness=abs(apart) / LEVEL_JND,
            detail=f"target {wanted:+.1f} dB/s over {seconds(span)}, here {found:+.1f}; "
            f"a difference of {LEVEL_JND:g} dB at the end is just noticeable",
        )
    ]


def _release(target: Portrait, sound: Portrait, held: float | None) -> list[Difference]:
    """Compare the times of a fall by 20 dB after the key was let go."""
    if held is None:
        return []
    wanted, found = (_fall(*_levels(portrait), held) for portrait in (target, sound))
    if wanted is None or found is None:
        return []
    return [
        _in_time(
            "release",
            ("release", "longer", "shorter"),
            found - wanted,
            plainness=_steps(wanted, found),
            detail=f"20 dB in {seconds(wanted)} in the target, in {seconds(found)} here; "
            f"{_jnd(wanted)}",
        )
    ]


def _in_time(
    what: str, words: tuple[str, str, str], apart: float, *, plainness: float, detail: str
) -> Difference:
    """Word a difference in time, in seconds: its subject, and the words for more and for less."""
    subject, more, less = words
    return Difference(
        what=what,
        text=f"{subject} {seconds(abs(apart))} {more if apart > 0 else less}",
        amount=1000.0 * apart,
        unit="ms",
        plainness=plainness,
        detail=detail,
    )


def _crossings(power: NDArray[np.float64]) -> tuple[int, int]:
    """Return the frames at which amplitudes of power `[frames]` first reach 10 % and 50 %."""
    low, high = (int(np.argmax(power >= share**2 * power.max())) for share in _RISE)
    return low, high


def _fall(levels: NDArray[np.float64], hop: float, held: float) -> float | None:
    """Return the seconds of a fall by 20 dB from the level at `held`; None if it is not heard."""
    start = round(held / hop)
    if start >= len(levels) or levels[start] < levels.max() - _RANGE:
        return None
    below = levels[start:] <= levels[start] - _FALL
    if not below.any():
        return None
    return int(np.argmax(below)) * hop


def _length(target: Portrait, sound: Portrait) -> list[Difference]:
    wanted, found = target.length, sound.length
    later = found - wanted
    return [
        Difference(
            what="length",
            text=f"ends {seconds(abs(later))} {'later' if later > 0 else 'earlier'}",
            amount=later,
            unit="s",
            plainness=steps(wanted, found, LENGTH_JND),
            detail=f"target {seconds(wanted)}, here {seconds(found)}, to 30 dB below the maximum; "
            f"{LENGTH_JND:.0%} are just noticeable",
        )
    ]


def _steps(wanted: float, found: float) -> float:
    """Count the just noticeable steps between two rises or falls."""
    return steps(wanted, found, ATTACK_JND, SHORTEST_JND / ATTACK_JND)


def _jnd(time: float) -> str:
    return f"{1000.0 * (ATTACK_JND * time + SHORTEST_JND):.0f} ms are just noticeable"


def _levels(sound: Portrait) -> tuple[NDArray[np.float64], float]:
    """Return levels in dB `[frames]` of windows of 40 ms centred on each time, and the hop."""
    power, hop = sound.envelope(_SMOOTH, _SMOOTH_HOP)
    late = round(0.5 * _SMOOTH / hop)  # a window ends at its time
    power = np.concatenate([power[late:], np.zeros(late)])
    return 10.0 * np.log10(np.maximum(power, 1e-12)), hop
