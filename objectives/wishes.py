"""Wishes: a recording as it is, but brighter, slower in its attack, with less noise.

Each quality is a measure of one sound, and a plain edit with one strength; the strength is searched
until the measure of the edited recording is as wished. What is not named stays as it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from patchwright.objectives.descriptors import DESCRIPTORS, WINDOW, describe
from patchwright.objectives.signal.decibels import MIN_POWER
from patchwright.objectives.signal.partials import background, mean_spectrum
from patchwright.objectives.target import ObjectiveError

Sound = NDArray[np.float64]

_LONGEST_TEXT = 200  # characters
_MOST = 24.0  # dB of one wish
_USUAL = 6.0  # dB of a wish without a number
_SHORTEST, _LONGEST = 8.0, 1000.0  # ms of an attack; a click takes 8
_STRONGEST = 60.0  # dB of an edit
_HALVINGS = 40
_TRIES = 100  # of strengths of an attack
_FADE = 0.003  # s
_RAISED = 4.0  # times the amplitude
_NOISE_PEAKS = 6.0  # times the power between partials
_RING = 0.4  # s that a filter may ring
_NEAR_DB, _NEAR_SHARE = 0.2, 0.1  # of what was wished, that an edit may miss
_TURNS = 4
_WISH = re.compile(r"([a-z ]*[a-z])(?:\s+(\d+(?:\.\d*)?)\s*(dB|ms|s)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Quality:
    """A quality of a sound that a wish may move.

    Attributes:
        name: Its name in reports.
        unit: Unit of the measure, ``dB`` or ``ms``.
        measure: Function of a sound `[c, t]`, its rate, and the recorded sound.
        edit: Function of a sound `[c, t]`, its rate, the wished measure, and the recorded sound,
            to the edited sound.
    """

    name: str
    unit: str
    measure: Callable[[Sound, int, Sound], float]
    edit: Callable[[Sound, int, float, Sound], Sound]


@dataclass(frozen=True)
class Wish:
    """One wish.

    Attributes:
        text: The wish as it was written.
        quality: Name of the quality.
        amount: Value in the quality's unit.
        relative: Whether the amount is a change of what was recorded, or the value itself.
    """

    text: str
    quality: str
    amount: float
    relative: bool


@dataclass(frozen=True)
class Granted:
    """A quality of which something was wished, in three sounds.

    Attributes:
        wish: The wish, as it was written.
        unit: Unit of the values.
        recorded: Value of the recording.
        asked: Value that was asked.
        got: Value of the sound.
    """

    wish: str
    unit: str
    recorded: float
    asked: float
    got: float


def parse_wishes(text: str) -> tuple[Wish, ...]:
    """Read wishes, such as ``brighter 3 dB, attack 40 ms, less noise``.

    Raises:
        ObjectiveError: If a wish is not in the vocabulary, is out of range, or names a quality
            again.

    Examples:
        >>> [(wish.quality, wish.amount) for wish in parse_wishes("darker, attack 40 ms")]
        [('brightness', -6.0), ('attack', 40.0)]
    """
    if len(text) > _LONGEST_TEXT:
        raise ObjectiveError(f"Wishes have {_LONGEST_TEXT} characters at most: wish less.")
    wishes = tuple(_wish(part.strip()) for part in text.split(","))
    names = [wish.quality for wish in wishes]
    if again := next((name for name in names if names.count(name) > 1), None):
        raise ObjectiveError(f"The {again} is wished twice: leave one wish out.")
    return wishes


def granted(audio: NDArray[np.floating[Any]], sr: int, wishes: Sequence[Wish]) -> NDArray[Any]:
    """Edit a recording so that it is as wished.

    Args:
        audio: Recording `[c, t]`.
        sr: Its sample rate in Hz.
        wishes: What shall be otherwise.

    Returns:
        The edited recording `[c, t]`, float32.

    Raises:
        ObjectiveError: If no plain edit of this recording gives what is wished.
    """
    edited = recorded = np.asarray(audio, np.float64)
    ordered = sorted(wishes, key=lambda each: list(QUALITIES).index(each.quality))
    # an edit may move what an earlier one has reached, so they take turns
    for _ in range(_TURNS):
        for wish in ordered:
            if not _is_near(wish, edited, recorded, sr):
                asked = _asked(wish, recorded, sr)
                edited = QUALITIES[wish.quality].edit(edited, sr, asked, recorded)
    for wish in ordered:
        if not _is_near(wish, edited, recorded, sr):
            quality = QUALITIES[wish.quality]
            raise ObjectiveError(
                f"'{wish.text}' cannot be had of this recording: its {wish.quality} would be "
                f"{quality.measure(edited, sr, recorded):.3g} {quality.unit} instead of "
                f"{_asked(wish, recorded, sr):.3g}; wish less."
            )
    return np.asarray(edited, np.float32)


def compare_wishes(
    recorded: NDArray[np.floating[Any]],
    sound: NDArray[np.floating[Any]],
    sr: int,
    wishes: Sequence[Wish],
) -> tuple[Granted, ...]:
    """Measure what was asked and what a sound has of it.

    Args:
        recorded: Recording `[c, t]`.
        sound: Sound to measure, `[c, t]`; of another number of channels, their mean is measured.
        sr: Sample rate of both in Hz.
        wishes: Wishes; see `parse_wishes`.
    """
    before, found = np.asarray(recorded, np.float64), np.asarray(sound, np.float64)
    if len(before) != len(found):
        before, found = before.mean(0, keepdims=True), found.mean(0, keepdims=True)
    return tuple(
        Granted(
            wish.text,
            QUALITIES[wish.quality].unit,
            QUALITIES[wish.quality].measure(before, sr, before),
            _asked(wish, before, sr),
            QUALITIES[wish.quality].measure(found, sr, before),
        )
        for wish in wishes
    )


def _wish(text: str) -> Wish:
    match = _WISH.fullmatch(text)
    words = " ".join(match[1].lower().split()) if match else ""
    if match is None or words not in VOCABULARY:
        raise ObjectiveError(f"{text[:40]!r} is no wish that is understood: {vocabulary()}.")
    quality, sign = VOCABULARY[words]
    unit, given = QUALITIES[quality].unit, match[3] and match[3].lower()
    number = None if match[2] is None else float(match[2])
    if unit == "ms":
        if number is None or given not in ("ms", "s"):
            raise ObjectiveError(f"{text[:40]!r} needs a time: write {words} 40 ms.")
        number *= 1000.0 if given == "s" else 1.0
        if not _SHORTEST <= number <= _LONGEST:
            raise ObjectiveError(
                f"{text[:40]!r} is out of range: an attack has {_SHORTEST:g} to {_LONGEST:g} ms."
            )
        return Wish(text, quality, number, relative=False)
    number = _USUAL if number is None else number
    if given not in (None, "db") or not 0.0 < number <= _MOST:
        raise ObjectiveError(f"{text[:40]!r} is out of range: write up to {_MOST:g} dB.")
    return Wish(text, quality, sign * number, relative=True)


def _asked(wish: Wish, recorded: Sound, sr: int) -> float:
    before = QUALITIES[wish.quality].measure(recorded, sr, recorded) if wish.relative else 0.0
    return before + wish.amount


def _is_near(wish: Wish, edited: Sound, recorded: Sound, sr: int) -> bool:
    quality, asked = QUALITIES[wish.quality], _asked(wish, recorded, sr)
    near = _NEAR_DB if quality.unit == "dB" else max(_NEAR_SHARE * asked, 2.0)
    return abs(quality.measure(edited, sr, recorded) - asked) <= near


def _power(audio: Sound) -> NDArray[np.float64]:
    return np.asarray(np.square(np.abs(np.fft.rfft(audio))).sum(0), np.float64)


def _brightness(audio: Sound, sr: int, recorded: Sound) -> float:
    """Measure the power above the recording's pivot against that below, in dB."""
    power, above = _power(audio), _hz(audio, sr) >= _pivot(recorded, sr)
    return _decibels(power[above].sum()) - _decibels(power[~above].sum())


def _pivot(recorded: Sound, sr: int) -> float:
    """Return the centroid of the power spectrum's roots in Hz, around which brightness turns."""
    magnitude = np.sqrt(_power(recorded))
    return float((magnitude * _hz(recorded, sr)).sum() / max(magnitude.sum(), MIN_POWER))


def _brighten(audio: Sound, sr: int, asked: float, recorded: Sound) -> Sound:
    pivot = _pivot(recorded, sr)

    def tilted(strength: float) -> Sound:
        def gain(hz: Sound) -> Sound:
            octaves = np.log2(np.maximum(hz, 1.0) / pivot)
            return 0.5 * strength * np.clip(octaves, -1.0, 1.0)

        return _filtered(audio, sr, gain)

    return _reached(tilted, lambda sound: _brightness(sound, sr, recorded), asked)


def _noise(audio: Sound, sr: int, recorded: Sound) -> float:
    """Measure the power between partials against all power, in dB."""
    power = mean_spectrum(audio, sr).power
    return _decibels(background(power).sum()) - _decibels(power.sum())


def _change_noise(audio: Sound, sr: int, asked: float, recorded: Sound) -> Sound:
    spectrum = mean_spectrum(audio, sr)
    # peaks of the noise itself stand out of its median, but by less than partials
    noise = _NOISE_PEAKS * background(spectrum.power)
    share = np.clip(noise / np.maximum(spectrum.power, MIN_POWER), 0.0, 1.0)

    def changed(strength: float) -> Sound:
        def gain(hz: Sound) -> Sound:
            return strength * np.asarray(np.interp(hz, spectrum.hz, share), np.float64)

        return _filtered(audio, sr, gain)

    return _reached(changed, lambda sound: _noise(sound, sr, recorded), asked)


def _level(audio: Sound, sr: int, recorded: Sound) -> float:
    """Measure the loudness in LUFS."""
    return float(describe(audio[np.newaxis], sr, [DESCRIPTORS["loudness"]])[0, 0])


def _amplify(audio: Sound, sr: int, asked: float, recorded: Sound) -> Sound:
    def louder(strength: float) -> Sound:
        return np.asarray(audio * 10.0 ** (strength / 20.0))

    return _reached(louder, lambda sound: _level(sound, sr, recorded), asked)


def _attack(audio: Sound, sr: int, recorded: Sound) -> float:
    """Measure the attack in milliseconds; see `descriptors.attack`."""
    return 1000.0 * float(describe(audio[np.newaxis], sr, [DESCRIPTORS["attack"]])[0, 0])


def _change_attack(audio: Sound, sr: int, asked: float, recorded: Sound) -> Sound:
    """Rise straight over a longer time, or begin later in the rise: of some tries, the nearest."""
    if asked >= _attack(audio, sr, recorded):
        times = np.linspace(0.5, 3.0, _TRIES) * asked / 1000.0
        tried = (_straight(audio, sr, seconds) for seconds in times.tolist())
    else:
        peak = int(np.argmax(np.abs(audio).max(0)))
        firsts = np.unique(np.linspace(0, peak, _TRIES).astype(int))
        tried = (_from(audio, sr, first) for first in firsts.tolist())
    return min(tried, key=lambda sound: abs(_attack(sound, sr, recorded) - asked))


def _straight(audio: Sound, sr: int, seconds: float) -> Sound:
    """Let the amplitude rise straight for a time, to what it is then, by gains of 12 dB at most."""
    window, stop = round(WINDOW * sr), min(round(seconds * sr), audio.shape[1] - 1)
    smooth = np.convolve(np.square(audio).sum(0), np.ones(window) / window, mode="same")
    amplitude = np.sqrt(np.maximum(smooth, MIN_POWER))
    line = amplitude[stop] * np.arange(stop) / max(stop, 1)
    gain = np.ones(audio.shape[1])
    gain[:stop] = np.minimum(line / amplitude[:stop], _RAISED)
    return audio * gain


def _from(audio: Sound, sr: int, first: int) -> Sound:
    """Begin at a sample, and append silence instead."""
    fade = np.clip(np.arange(audio.shape[1]) / (_FADE * sr), 0.0, 1.0)
    return np.asarray(np.pad(audio[:, first:], ((0, 0), (0, first))) * fade)


def _filtered(audio: Sound, sr: int, gain: Callable[[Sound], Sound]) -> Sound:
    """Filter a sound without delay by a gain in dB as a function of the frequency in Hz."""
    samples = audio.shape[1]
    n_fft: int = next_fast_len(samples + round(_RING * sr), real=True)
    spectrum = np.fft.rfft(audio, n_fft)
    hz = np.asarray(np.fft.rfftfreq(n_fft, 1.0 / sr), np.float64)
    spectrum *= 10.0 ** (gain(hz) / 20.0)
    return np.asarray(np.fft.irfft(spectrum, n_fft)[:, :samples], np.float64)


def _reached(
    edit: Callable[[float], Sound], measure: Callable[[Sound], float], asked: float
) -> Sound:
    """Halve the strengths of an edit, in dB, until a measure that rises with it is as asked."""
    low, high = -_STRONGEST, _STRONGEST
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        sound = edit(middle)
        found = measure(sound)
        if abs(found - asked) < 0.01:
            break
        low, high = (middle, high) if found < asked else (low, middle)
    return sound


def _hz(audio: Sound, sr: int) -> NDArray[np.float64]:
    return np.asarray(np.fft.rfftfreq(audio.shape[1], 1.0 / sr), np.float64)


def _decibels(power: Any) -> float:
    return float(10.0 * np.log10(max(float(power), MIN_POWER)))


_ALL = (
    Quality("attack", "ms", _attack, _change_attack),
    Quality("noise", "dB", _noise, _change_noise),
    Quality("brightness", "dB", _brightness, _brighten),
    Quality("level", "dB", _level, _amplify),
)
QUALITIES: dict[str, Quality] = {quality.name: quality for quality in _ALL}
"""Qualities by name, in the order in which they are edited."""

VOCABULARY: dict[str, tuple[str, int]] = {
    "brighter": ("brightness", 1),
    "darker": ("brightness", -1),
    "more noise": ("noise", 1),
    "less noise": ("noise", -1),
    "louder": ("level", 1),
    "quieter": ("level", -1),
    "attack": ("attack", 1),
}
"""Words of wishes: the quality, and whether there is to be more of it or less."""


def vocabulary() -> str:
    """Say in one phrase what may be wished.

    Examples:
        >>> vocabulary().partition(' (')[0]
        'wish brighter, darker, more noise, less noise, louder, quieter'
    """
    decibels = [w for w, (quality, _) in VOCABULARY.items() if QUALITIES[quality].unit == "dB"]
    times = [w for w, (quality, _) in VOCABULARY.items() if QUALITIES[quality].unit == "ms"]
    return (
        f"wish {', '.join(decibels)} ({_USUAL:g} dB, or N dB), "
        f"{', '.join(f'{word} N ms' for word in times)}"
    )
