"""Differences of pitch and vibrato."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.differences.difference import Difference, hertz, steps
from patchwright.objectives.differences.modulation import Modulation
from patchwright.objectives.differences.portrait import Portrait
from patchwright.objectives.signal.partials import Partials

PITCH_JND = 5.0
"""Cents.

Source:
    C. Micheyl et al., Influence of musical and psychoacoustical training on pitch discrimination,
    2006: for complex tones 3 cents by musicians, and 15 without training; C. Wier, W. Jesteadt and
    D. Green, Frequency discrimination as a function of frequency and sensation level, 1977: 3 to 9
    cents, for sines.
"""

VIBRATO_JND = 5.0
"""Cents to each side.

Source:
    L. Demany and C. Semal, Detection thresholds for sinusoidal frequency modulation, 1989: some 4
    cents at 1 kHz and more below; B. Moore and A. Sek, Detection of frequency modulation at low
    modulation rates, 1996.
"""

BEATING = 2.0
"""Factor of the vibrato that counts where the pitch is not clear, by choice: the partials of the
repository's bell beat, which moves what is taken for its pitch by 6 cents."""

RATE_JND = 0.1
"""Share of the rate.

Source:
    J. Lee, Amplitude modulation rate discrimination with sinusoidal carriers, 1994.
"""

NO_PITCH, UNCLEAR_PITCH = 100.0, 20.0
"""Just noticeable differences of a sound without the target's pitch, and of one whose pitch is not
clear: by choice as many as of five semitones, and of one."""

_NEAR = 0.06  # of a multiple of a pitch
_MOSTLY = 0.75  # share of the partials
_FARTHEST, _ALIKE = 1300.0, 20.0  # cents
_FARNESS = 1e-4  # of a share, for each cent: of equal intervals the smallest
_SURE = 8  # harmonic, up to which the higher say the pitch more exactly
_NUMBERS = ("one octave", "two octaves", "three octaves")


def pitch_differences(target: Portrait, sound: Portrait) -> list[Difference]:
    """Compare the pitch of notes; nothing if it is not clear."""
    wanted = target.tone.f0
    cents = None if sound.tone.absent else transposition(target, sound)
    if cents is None and wanted is not None:
        missing, plainness = ("", NO_PITCH) if sound.tone.absent else ("clear ", UNCLEAR_PITCH)
        return [
            Difference(
                what="pitch",
                text=f"no {missing}pitch, where the target has {hertz(wanted)}",
                amount=0.0,
                unit="cents",
                plainness=plainness,
                detail=f"target {wanted:.1f} Hz",
            )
        ]
    if cents is None:
        return []
    values = "" if wanted is None else f"target {wanted:.1f} Hz, "
    values += "" if wanted is None else f"here {wanted * 2.0 ** (cents / 1200.0):.1f} Hz; "
    return [
        Difference(
            what="pitch",
            text=_interval(cents),
            amount=cents,
            unit="cents",
            plainness=abs(cents) / PITCH_JND,
            detail=f"{values}{PITCH_JND:g} cents are just noticeable",
        )
    ]


def transposition(target: Portrait, sound: Portrait) -> float | None:
    """Return how many cents higher a sound is than a target; None if it is not clear.

    If both have a pitch, it is the weighted median over harmonics of equal order, so that neither
    stretched nor foreign partials count. Otherwise, as for bells, it is the interval at which most
    partials of the one are partials of the other.
    """
    wanted, found = target.tone.f0, sound.tone.f0
    if wanted is None or found is None:
        return _moved(target.partials, sound.partials)
    multiple = round(wanted / found)
    fraction = multiple > 1 and abs(wanted / found / multiple - 1.0) < _NEAR
    if fraction and sound.weight(multiple * found) >= _MOSTLY * sound.weight(found):
        found *= multiple  # a foreign partial was taken for a harmonic of a fraction of the pitch
    here, there = (
        dict(zip(*p.harmonics(f0), strict=True)) for p, f0 in ((sound, found), (target, wanted))
    )
    common = np.array(sorted(here.keys() & there.keys()))
    if not len(common):
        return 1200.0 * math.log2(found / wanted)
    mine, its = (np.array([places[order] for order in common]) for places in (here, there))
    strength = sound.partials.amplitudes[mine] * target.partials.amplitudes[its]
    cents = 1200.0 * np.log2(sound.partials.hz[mine] / target.partials.hz[its])
    return _weighted_median(cents, np.sqrt(strength) * np.minimum(common, _SURE))


def _moved(target: Partials, sound: Partials) -> float | None:
    """Return the interval in cents by which partials are moved; None if most are not."""
    if not len(target.hz) or not len(sound.hz):
        return None
    between = 1200.0 * np.log2(sound.hz[np.newaxis] / target.hz[:, np.newaxis])
    strength = np.sqrt(sound.amplitudes[np.newaxis] * target.amplitudes[:, np.newaxis])
    tried = np.append(between[np.abs(between) <= _FARTHEST], 0.0)
    # each partial of the target with the strongest one that lies at the interval
    alike = np.abs(between - tried[:, np.newaxis, np.newaxis]) < _ALIKE
    shares = np.where(alike, strength, 0.0).max(2).sum(1)
    shares /= math.sqrt(float(sound.amplitudes.sum() * target.amplitudes.sum()))
    best = int(np.argmax(shares - _FARNESS * np.abs(tried)))
    if shares[best] < _MOSTLY:
        return None
    chosen = alike[best]
    return _weighted_median(between[chosen], strength[chosen])


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    total = weights[order].cumsum()
    return float(values[order][int(np.searchsorted(total, 0.5 * total[-1]))])


def _interval(cents: float) -> str:
    octaves = round(cents / 1200.0)
    if octaves and abs(octaves) <= len(_NUMBERS) and abs(cents - 1200.0 * octaves) < 50.0:
        return f"{_NUMBERS[abs(octaves) - 1]} too {'high' if cents > 0 else 'low'}"
    if abs(cents) < 97.5:
        return f"{abs(cents):.0f} cents {'sharp' if cents > 0 else 'flat'}"
    semitones = f"{abs(cents) / 100.0:.1f}".removesuffix(".0")
    unit = "semitone" if semitones == "1" else "semitones"
    return f"{semitones} {unit} too {'high' if cents > 0 else 'low'}"


def vibrato_differences(target: Portrait, sound: Portrait) -> list[Difference]:
    """Compare the vibrato of notes; nothing unless the pitch of both can be followed."""
    if not (target.followed and sound.followed):
        return []
    wanted, found = target.vibrato, sound.vibrato
    if wanted.rate and not found.rate:
        found = sound.vibrato_at(wanted.rate)
    elif found.rate and not wanted.rate:
        wanted = target.vibrato_at(found.rate)
    clear = target.tone.f0 is not None and sound.tone.f0 is not None
    jnd = VIBRATO_JND if clear else BEATING * VIBRATO_JND
    return modulation_differences("vibrato", wanted, found, "cents", jnd, "{:.0f} cents")


def modulation_differences(
    what: str, wanted: Modulation, found: Modulation, unit: str, jnd: float, form: str
) -> list[Difference]:
    """Compare two movements in depth and, if both are heard, in rate.

    Args:
        what: Name of the movement.
        wanted: Movement of the target.
        found: Movement of the sound.
        unit: Unit of the depth.
        jnd: Just noticeable depth.
        form: Format of a depth, with its unit.
    """
    here, there = (form.format(movement.depth) for movement in (found, wanted))
    if found.depth < jnd <= wanted.depth:
        text = f"{what} missing"
    elif wanted.depth < jnd <= found.depth:
        text = f"{what} of {found.rate:.1f} Hz, {here}, that the target has not"
    else:
        word = "deeper" if found.depth > wanted.depth else "shallower"
        text = f"{what} {form.format(abs(found.depth - wanted.depth))} {word}"
    both = min(wanted.depth, found.depth) >= jnd
    described = [
        f"{place} {depth} at {movement.rate:.1f} Hz" if movement.depth else f"{place} none"
        for place, depth, movement in (("target", there, wanted), ("here", here, found))
    ]
    differences = [
        Difference(
            what=what,
            text=text,
            amount=found.depth - wanted.depth,
            unit=unit,
            plainness=abs(found.depth - wanted.depth) / jnd,
            detail=f"{', '.join(described)}; {form.format(jnd)} are just noticeable",
        )
    ]
    if both:
        faster = found.rate - wanted.rate
        differences.append(
            Difference(
                what=f"{what} rate",
                text=f"{what} {abs(faster):.1f} Hz {'faster' if faster > 0 else 'slower'}",
                amount=faster,
                unit="Hz",
                plainness=steps(wanted.rate, found.rate, RATE_JND),
                detail=f"{', '.join(described)}; {RATE_JND:.0%} are just noticeable",
            )
        )
    return differences
