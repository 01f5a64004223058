"""Differences of the spectrum: partials, balance and noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.differences.difference import Difference, hertz, unheard
from patchwright.objectives.differences.masking import excitation, in_quiet, masked
from patchwright.objectives.differences.portrait import Portrait
from patchwright.objectives.differences.tones import transposition
from patchwright.objectives.signal.partials import MeanSpectrum

EXCITATION_JND = 1.0
"""Decibels by which a partial changes the excitation at its place.

Source:
    E. Zwicker and H. Fastl, Psychoacoustics: Facts and Models, 1990, chapter 7: a change is heard
    if the excitation level changes by 1 dB anywhere.
"""

BALANCE_JND = 1.5
"""Decibels of a band.

Source:
    D. Green, Profile analysis, 1988: 1 to 2 dB of a single component; B. Moore, S. Oldfield and
    G. Dooley, Detection and discrimination of spectral peaks and notches at 1 and 8 kHz, 1989: some
    2 dB of wide peaks.
"""

NOISE_JND = 3.0
"""Decibels of noise that is not masked.

Source:
    D. McShefferty, W. Whitmer and M. Akeroyd, The just-noticeable difference in speech-to-noise
    ratio, 2015.
"""

_SAME, _WIDEST = 0.01, 0.2  # a partial's distance from another: of its frequency, of f0
_ABSENT = 15.0  # dB by which a partial is weaker in the other sound, to be missing there
_NEIGHBOURS = 4  # partials, from whose median difference a missing one has to stand out
_CENTRES = 2.0 ** (np.arange(-14, 13) / 3) * 1000.0  # Hz, of bands of a third of an octave
_HALF = 2.0 ** (1 / 6)  # from a band's centre to its edge
_UNEVEN = 1.0  # dB of a band that belongs to a difference of balance
_GAP = 2  # bands that a run may leap over
_MOST = 3  # differences of balance to name
_TONAL = 4.0  # times the noise between partials: the power of a band with partials
_NOISE = 0.5  # share of the power in noise, from which a sound is noise
_RANGE = 40.0  # dB
_SILENT = 1e-6  # of the power of the loudest band
_TINY = 1e-20


def spectral_differences(target: Portrait, sound: Portrait, *, single: bool) -> list[Difference]:
    """Compare partials, balance and noise.

    Args:
        target: Sound to compare with.
        sound: Sound to compare.
        single: Whether both are one note: then spectra are compared at one pitch.
    """
    pair = _Pair.of(target, sound, transposition(target, sound) if single else None)
    foreign = pair.only(sound, target, 1.0 / pair.ratio, -pair.gain)
    missing = pair.only(target, sound, pair.ratio, pair.gain)
    f0 = target.tone.f0 if single else None
    differences = _foreign(foreign, None if f0 is None else f0 * pair.ratio)
    differences += _missing(missing, f0)
    if len(target.partials.hz) and len(sound.partials.hz) and not differences:
        differences.append(unheard("partials"))
    alone = np.concatenate([foreign.hz / pair.ratio, missing.hz])
    return differences + _balance(pair, alone) + _noise(pair)


@dataclass(frozen=True, eq=False)
class _Only:
    """Partials that one sound has and the other has not, `k` each.

    Attributes:
        hz: Frequencies.
        level: Levels in dB relative to the strongest partial of their sound.
        change: Decibels by which they change the excitation at their place.
    """

    hz: NDArray[np.float64]
    level: NDArray[np.float64]
    change: NDArray[np.float64]

    @property
    def plainest(self) -> int:
        """Position of the partial that changes most."""
        return int(np.argmax(self.change))

    def words(self, f0: float | None) -> tuple[str, str]:
        """Name the plainest as a harmonic of a pitch, and say how strong it is and of how many."""
        hz, level = float(self.hz[self.plainest]), float(self.level[self.plainest])
        order = 0 if f0 is None else round(hz / f0)
        if not order or f0 is None or abs(hz / f0 - order) > min(_SAME * order, _WIDEST):
            name = f"a partial at {hertz(hz)}"
        elif order == 1:
            name = f"the fundamental at {hertz(hz)}"
        else:
            name = f"harmonic {order} at {hertz(hz)}"
        below = "the strongest" if level > -0.5 else f"{-level:.0f} dB below the strongest"
        more = len(self.hz) - 1
        return name, f"{below}, and {more} more" if more else below

    def difference(self, what: str, text: str) -> Difference:
        """Make the difference of the plainest partial."""
        change = float(self.change[self.plainest])
        listed = zip(self.hz[:12], self.level[:12], strict=True)
        return Difference(
            what=what,
            text=text,
            amount=float(self.level[self.plainest]),
            unit="dB",
            plainness=change / EXCITATION_JND,
            detail=f"{', '.join(f'{hz:.0f} Hz ({level:+.0f} dB)' for hz, level in listed)}; "
            f"excitation changes by up to {change:.0f} dB, of which {EXCITATION_JND:g} is just "
            "noticeable",
        )


def _foreign(found: _Only, f0: float | None) -> list[Difference]:
    if not len(found.hz):
        return []
    name, strength = found.words(f0)
    text = f"{name}, {strength}, that the target has not"
    return [found.difference("foreign partial", text)]


def _missing(found: _Only, f0: float | None) -> list[Difference]:
    if not len(found.hz):
        return []
    name, strength = found.words(f0)
    return [found.difference("missing partial", f"{name} missing, {strength}")]


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two spectra on one scale of frequency and level.

    Attributes:
        target: Sound to compare with.
        sound: Sound to compare.
        ratio: Pitch of the sound in units of the target's; 1 if one of them is not known.
        gain: Decibels by which bands of the sound are louder than those of the target; their
            median, weighted by the decibels by which they are heard.
        centres: Centres of the `b` bands in Hz of the target.
        there: Weights of the target's bins in these bands, `[b, k]`.
        here: Weights of the sound's bins, `[b, k]`.
    """

    target: Portrait
    sound: Portrait
    ratio: float
    gain: float
    centres: NDArray[np.float64]
    there: NDArray[np.float64]
    here: NDArray[np.float64]

    @classmethod
    def of(cls, target: Portrait, sound: Portrait, cents: float | None) -> _Pair:
        ratio = 2.0 ** ((cents or 0.0) / 1200.0)
        centres = _CENTRES[target.sr / 2.0 > _CENTRES * _HALF]
        weights = _weights(target.spectrum, centres), _weights(sound.spectrum, centres * ratio)
        there, here = (w @ p.spectrum.power for w, p in zip(weights, (target, sound), strict=True))
        apart = _decibels(here) - _decibels(there)
        order = np.argsort(apart)
        heard = _decibels(there / max(there.max(), _TINY)) + _RANGE
        weight = np.maximum(heard, 0.0)[order].cumsum()
        middle = order[int(np.searchsorted(weight, 0.5 * weight[-1]))]
        return cls(target, sound, ratio, float(apart[middle]), centres, *weights)

    def only(self, one: Portrait, other: Portrait, ratio: float, gain: float) -> _Only:
        """Find the partials of one sound that the other has not.

        Args:
            one: Sound with the partials.
            other: Sound without them.
            ratio: Pitch of the other in units of the one's.
            gain: Decibels by which the other is louder.
        """
        hz, level = one.partials.hz, _decibels(np.square(one.partials.amplitudes))
        if not len(hz):
            return _Only(hz, level, level)
        width = _SAME * hz + one.spectrum.step
        if one.tone.f0 is not None:
            width = np.minimum(width, _WIDEST * one.tone.f0)
        there = _highest(other.spectrum, (hz - width) * ratio, (hz + width) * ratio) - gain
        there -= float(one.spectrum.level.max())
        weaker = level - there
        absent = weaker - np.maximum(_among_neighbours(weaker), 0.0) > _ABSENT
        change = np.zeros(len(hz))
        for index in np.flatnonzero(absent):
            beside = np.arange(len(hz)) != index
            around = excitation(hz[index : index + 1], hz[beside], level[beside])[0]
            change[index] = 20.0 * np.log10(1.0 + 10.0 ** ((level[index] - around) / 20.0))
        change = np.minimum(change, level - in_quiet(hz))
        chosen = change >= EXCITATION_JND
        return _Only(hz[chosen], level[chosen], change[chosen])


def _among_neighbours(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of the two neighbours to each side, `[k]`; 0 for a single value."""
    padded = np.pad(values, _NEIGHBOURS // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS + 1)
    others = np.delete(around, _NEIGHBOURS // 2, axis=1)
    return np.nanmedian(others, axis=1) if len(values) > 1 else np.zeros(len(values))


def _balance(pair: _Pair, alone: NDArray[np.float64]) -> list[Difference]:
    """Compare the levels of bands, without noise.

    Args:
        pair: Sounds to compare.
        alone: Partials that only one of the sounds has, in Hz of the target; their bands do not
            count.
    """
    centres = pair.centres
    noisy = _noise_share(pair.target) > _NOISE
    there = _tonal(pair.target, pair.there, noisy=noisy)
    here = _tonal(pair.sound, pair.here, noisy=noisy)
    if not (np.nansum(there) > 0.0 and np.nansum(here) > 0.0):
        return []
    reference = np.nanmax(there)
    wanted, found = _decibels(there / reference), _decibels(here / reference) - pair.gain
    floor = masked(centres, centres, np.nan_to_num(wanted, nan=-np.inf))
    apart = np.maximum(found, floor) - np.maximum(wanted, floor)
    near = np.abs(np.log2(alone[:, np.newaxis] / centres)) < 1.0 / 3.0
    counted = (np.maximum(wanted, found) > floor) & ~near.any(0)  # without those that are NaN
    places = np.flatnonzero(counted)
    sides = np.where(np.abs(apart) >= _UNEVEN, np.sign(apart), 0.0)
    differences = []
    gaps = np.cumsum(np.diff(places, prepend=places[:1]) > _GAP)  # parts of a run lie side by side
    part = dict(zip(places.tolist(), gaps.tolist(), strict=True))
    for (side, _), group in groupby(places.tolist(), key=lambda b: (sides[b], part[b])):
        bands = list(group)
        if side:
            run = float(centres[bands[0]] / _HALF), float(centres[bands[-1]] * _HALF)
            ends = bands[0] == places[0], bands[-1] == places[-1]
            differences.append(_band_difference(float(apart[bands].mean()), run, ends))
    differences.sort(key=lambda difference: -difference.plainness)
    return differences[:_MOST] or [unheard("balance")]


def _band_difference(
    louder: float, run: tuple[float, float], ends: tuple[bool, bool]
) -> Difference:
    """Name a run of bands that are louder, or softer if negative, beside all others."""
    low, high = map(hertz, run)
    if ends[1] and not ends[0]:
        words, where = ("brighter", "duller"), f"above {low}"
    elif ends[0] and not ends[1]:
        words, where = ("fuller", "thinner"), f"below {high}"
    else:
        words, where = ("stronger", "weaker"), f"from {low} to {high}"
    return Difference(
        what="balance",
        text=f"{abs(louder):.0f} dB {words[0] if louder > 0 else words[1]} {where}",
        amount=louder,
        unit="dB",
        plainness=abs(louder) / BALANCE_JND,
        detail=f"{louder:+.1f} dB, mean of the bands from {low} to {high}, relative to the other "
        f"ones; {BALANCE_JND:g} dB are just noticeable",
    )


def _noise(pair: _Pair) -> list[Difference]:
    """Compare the noise between partials where it is not masked; nothing for sounds of noise."""
    if _noise_share(pair.target) > _NOISE:
        return []
    centres = pair.centres
    whole = _decibels(pair.there @ pair.target.spectrum.typical)
    reference = whole.max()
    floor = masked(centres, centres, whole - reference)
    found = _decibels(pair.here @ pair.sound.noise) - reference - pair.gain
    wanted = _decibels(pair.there @ pair.target.noise) - reference
    found, wanted = np.maximum(found, floor), np.maximum(wanted, floor)
    # of three neighbouring bands, because the noise of one is not known well
    apart = np.convolve(found - wanted, np.full(3, 1.0 / 3.0), mode="valid")
    band = int(np.argmax(np.abs(apart)))
    louder, around = float(apart[band]), float(centres[band + 1])
    shares = [float(_decibels(np.array(_noise_share(p)))) for p in (pair.target, pair.sound)]
    return [
        Difference(
            what="noise",
            text=f"{abs(louder):.0f} dB {'more' if louder > 0 else 'less'} noise around "
            f"{hertz(around)}",
            amount=louder,
            unit="dB",
            plainness=abs(louder) / NOISE_JND,
            detail=f"noise that is not masked; all noise is at {shares[0]:.0f} dB beside the sound "
            f"in the target, at {shares[1]:.0f} dB here; {NOISE_JND:g} dB are just noticeable",
        )
    ]


def _noise_share(portrait: Portrait) -> float:
    """Return the share of a sound's power that is not in partials."""
    return float(portrait.noise.sum() / max(portrait.spectrum.typical.sum(), _TINY))


def _tonal(portrait: Portrait, weights: NDArray[np.float64], *, noisy: bool) -> NDArray[np.float64]:
    """Return the power of partials in bands, `[b]`; of everything, if `noisy`.

    NaN where noise hides them. Bands without noise and partials have a power near 0.
    """
    bands: NDArray[np.float64] = weights @ portrait.spectrum.power
    if noisy:
        return bands
    noise = weights @ portrait.mean_noise
    hidden = (bands < _TONAL * noise) & (noise > _SILENT * bands.max())
    return np.where(hidden, np.nan, np.maximum(bands - noise, 0.0))


def _weights(spectrum: MeanSpectrum, centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights `[b, k]` of bins in bands around centres.

    Neighbouring bands overlap, with a sum of 1 everywhere, so that a partial that moves a little
    moves little power from one to the next.
    """
    octaves = np.log2(np.maximum(spectrum.hz, 1e-3) / centres[:, np.newaxis])
    return np.asarray(np.cos(0.5 * np.pi * np.clip(3.0 * octaves, -1.0, 1.0)) ** 2)


def _highest(
    spectrum: MeanSpectrum, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the highest level in dB between frequencies `[k]`: `[k]`."""
    top = len(spectrum.power) - 1
    first = np.clip(np.floor(low / spectrum.step), 0, top).astype(np.int64)
    last = np.clip(np.ceil(high / spectrum.step), 0, top).astype(np.int64)
    level = spectrum.level
    return np.array([level[a : b + 1].max() for a, b in zip(first, last, strict=True)])


def _decibels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(10.0 * np.log10(np.maximum(power, _TINY)))
