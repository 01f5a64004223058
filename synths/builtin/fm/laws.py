"""What the DX7's numbers mean: levels, rates, frequencies and scalings.

They were measured on the instrument and published with two open synths: "MSFA", Google's
music-synthesizer-for-android (Levien, 2012; its pages "Dx7Envelope" and "Dx7Hardware"), which Dexed
(Gauthier) took further, and hexter (Bolton, 2004-2018). The formulas are theirs; what they give as
long tables is interpolated here between a few of their points, within two units of them.

Levels are in doublings of amplitude, as the instrument counts them: 15 is full scale, 1/16 silence.
Where the instrument rounds, the laws here are exact at its whole numbers and straight in between;
only level scaling and the modulation depths are not rounded.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

FULL = 15.0
SILENT = 1 / 16
DECIBELS = 20 * math.log10(2)  # of a doubling
_SLOWEST = 0.2819 / DECIBELS  # doublings a second at rate 0
_STEP_AT_KEY = 329 / 4096  # of level scaling, for each group of three keys and each unit of depth

_Points = Sequence[tuple[float, float]]
_VELOCITY: _Points = (
    *((0, 0), (1, 70), (2, 86), (3, 97), (5, 114), (8, 132), (12, 152), (16, 166), (20, 178)),
    *((25, 190), (32, 206), (40, 224), (46, 233), (51, 241), (56, 246), (63, 254)),
)
_EXPONENTIAL: _Points = (
    *((0, 0), (9, 9), (10, 11), (12, 16), (13, 19), (14, 23), (15, 27), (16, 33), (17, 39)),
    *((18, 47), (19, 56), (20, 66), (21, 80), (31, 238), (32, 250)),
)
_PITCH: _Points = (
    *((0, -128), (2, -104), (5, -76), (7, -61), (8, -56), (9, -52), (12, -43), (17, -33)),
    *((18, -32), (85, 35), (86, 38), (89, 46), (90, 49), (91, 53), (92, 58), (93, 65)),
    *((94, 73), (96, 92), (99, 127)),
)
_PITCH_RATE: _Points = (
    *((0, 1), (2, 3), (20, 12), (32, 19), (41, 28), (54, 47), (69, 76), (75, 94), (80, 115)),
    *((86, 147), (92, 185), (95, 211), (96, 232), (98, 254), (99, 255)),
)
_LFO_HZ: _Points = (
    *((0, 0.0625), (1, 0.1248), (2, 0.3115), (5, 0.7444), (10, 1.568), (60, 9.334)),
    *((65, 11.01), (70, 15.77), (75, 20.12), (80, 24.73), (85, 29.87), (90, 36.65)),
    *((95, 42.46), (99, 47.17)),
)
_PITCH_SENSITIVITY: _Points = (
    *((0, 0), (1, 10), (2, 20), (3, 33), (4, 55), (5, 92), (6, 153), (7, 255)),
)
_AMP_SENSITIVITY: _Points = ((0, 0), (1, 0.238), (2, 0.4605), (3, 1.0))


def along(points: _Points, x: Tensor) -> Tensor:
    """Follow straight lines between points; beyond the last ones their heights stay."""
    y = torch.full_like(x, points[0][1])
    for (start, low), (end, high) in itertools.pairwise(points):
        y = y + (high - low) / (end - start) * (x.clamp(start, end) - start)
    return y


def between_wholes(law: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Follow straight lines between a law's values at the whole numbers."""
    below = x.detach().floor()
    at = law(below)
    return at + (law(below + 1) - at) * (x - below)


def output_units(output: Tensor) -> Tensor:
    """Units of 0.75 dB of an output level 0 to 99; 127 is full scale, 0 silence."""

    def low(level: Tensor) -> Tensor:
        points = ((0, 0), (1, 5), (4, 17), (6, 23), (15, 41), (17, 43), (18, 45), (20, 48))
        return torch.where(level == 19, 46.0, along(points, level)).to(level)

    return torch.where(output < 20, between_wholes(low, output.clamp(max=20)), output + 28)


def envelope_units(level: Tensor) -> Tensor:
    """Units of 1.5 dB of an envelope's level 0 to 99; 63 is the highest."""
    return between_wholes(lambda whole: (output_units(whole) / 2).floor(), level)


def level(envelope: Tensor, output: Tensor, scaling: Tensor, velocity: Tensor) -> Tensor:
    """Level in doublings that an envelope aims at.

    Args:
        envelope: Its level, 0 to 99.
        output: Of the operator, 0 to 99.
        scaling: From the key, in units of 0.75 dB.
        velocity: From the velocity, in doublings.

    Returns:
        `SILENT` to a little above `FULL`, for loud notes.
    """
    units = (output_units(output) + scaling).clamp(max=127)
    raised = (units / 8 + velocity).clamp(min=0)
    return (raised + envelope_units(envelope) / 4 - 16.625).clamp(min=SILENT)


def amplitude(level: Tensor) -> Tensor:
    """Amplitude of a level in doublings: 1 at `FULL`, and 0 at `SILENT`, reached from -84 dB."""
    return torch.exp(math.log(2) * (level - FULL)) * (level - SILENT).clamp(0, 1)


def speed(rate: Tensor, scaling: Tensor) -> Tensor:
    """Doublings a second at which an envelope falls.

    Args:
        rate: 0 to 99.
        scaling: What the key adds to the rate's 64 steps, see `rate_scaling`.

    Returns:
        The speed; four steps double it: 0.28 dB a second at rate 0, 16 dB a ms at 99.
    """
    step = between_wholes(lambda whole: (whole * 41 / 64).floor(), rate)
    quarter = (step + scaling).clamp(max=63) / 4
    octave = quarter.detach().floor()
    return _SLOWEST * torch.exp(math.log(2) * octave) * (1 + quarter - octave)


def rate_scaling(sensitivity: Tensor, key: Tensor) -> Tensor:
    """Steps that a MIDI key adds to an envelope's rates, for a sensitivity 0 to 7."""
    group = ((key / 3 + 1e-3).floor() - 7).clamp(0, 31)
    return (sensitivity.round() * group / 8).floor()


def level_scaling(
    key: Tensor, breakpoint: Tensor, depths: tuple[Tensor, Tensor], curves: tuple[Tensor, Tensor]
) -> Tensor:
    """Units of 0.75 dB that a key adds to an output level.

    Args:
        key: MIDI pitch.
        breakpoint: 0 to 99.
        depths: 0 to 99, below and above the breakpoint.
        curves: Positions in `parameters.CURVES`, likewise.

    Returns:
        Units; the instrument's whole ones are not rounded to.
    """
    distance = (key - breakpoint - 17).round()
    group = ((distance.abs() + 1) / 3 + 1e-3).floor()
    is_left = distance < 0
    depth, curve = torch.where(is_left, *depths), torch.where(is_left, *curves).round()
    straight = (curve == 0) | (curve == 3)
    size = torch.where(straight, group, along(_EXPONENTIAL, group) / 8)
    return torch.where(curve < 2, -1.0, 1.0) * _STEP_AT_KEY * size * depth


def velocity_level(velocity: int, sensitivity: Tensor) -> Tensor:
    """Doublings that a velocity 1 to 127 adds, for a sensitivity 0 to 7; 0 near velocity 100."""
    heard = along(_VELOCITY, torch.full_like(sensitivity, velocity // 2)).round() - 239
    return ((sensitivity.round() * heard + 7) / 8).floor() / 16


def octaves_of_operator(
    key_octave: Tensor, fixed: Tensor, coarse: Tensor, fine: Tensor, detune: Tensor
) -> Tensor:
    """Binary logarithm of an operator's frequency in Hz.

    Args:
        key_octave: The same of the key.
        fixed: 1 where the frequency is in Hz and not in keys.
        coarse: 0 to 31.
        fine: 0 to 99.
        detune: -7 to 7.

    Returns:
        Octaves above 1 Hz.
    """
    coarse = coarse.round()
    multiple = torch.where(coarse == 0, 0.5, coarse).to(fine) * (1 + fine / 100)
    cents = 0.0209 / 7 * torch.exp(-0.396 * key_octave) * key_octave * detune
    ratio = key_octave + torch.log(multiple) / math.log(2) + cents
    power = coarse.remainder(4) + fine / 100
    hertz = power * math.log2(10) + detune.clamp(min=0) * (13457 / 2**24)
    return torch.where(fixed > 0.5, hertz, ratio)


def pitch_level(level: Tensor) -> Tensor:
    """Octaves of a pitch envelope's level 0 to 99: -4 to 4, and 0 at 50."""
    return along(_PITCH, level) / 32


def pitch_speed(rate: Tensor) -> Tensor:
    """Octaves a second of a pitch envelope's rate 0 to 99."""
    return along(_PITCH_RATE, rate) / 21.3


def feedback_cycles(feedback: Tensor) -> Tensor:
    """Cycles by which a fed-back amplitude of 1 moves the phase: 1 at 7, half at 6, 0 at 0."""
    return torch.exp(math.log(2) * (feedback - 7)) * feedback.clamp(max=1)


def lfo_hertz(speed: Tensor) -> Tensor:
    """Frequency of an LFO speed 0 to 99."""
    return along(_LFO_HZ, speed)


def lfo_onset(delay: Tensor) -> tuple[Tensor, Tensor]:
    """Seconds that the LFO waits, and seconds in which it then grows, for a delay 0 to 99."""

    def pace(delay: Tensor) -> Tensor:
        left = (99 - delay).clamp(0, 98)
        exponent = (left / 16 + 1e-4).floor()
        return (16 + left - 16 * exponent) * torch.exp(math.log(2) * (exponent + 1)).round()

    def wait(delay: Tensor) -> Tensor:
        return torch.where(delay < 1, 0.0, 85.25 / pace(delay))

    def growth(delay: Tensor) -> Tensor:
        coarse = ((pace(delay) / 128).floor() * 128).clamp(min=128)
        return torch.where(delay < 1, 0.0, 85.25 / coarse)

    return between_wholes(wait, delay), between_wholes(growth, delay)


def vibrato_octaves(depth: Tensor, sensitivity: Tensor) -> Tensor:
    """Octaves up and down of a pitch depth 0 to 99 and a sensitivity 0 to 7; 1 at most."""
    return depth / 99 * along(_PITCH_SENSITIVITY, sensitivity.round()) / 255


def tremolo_doublings(depth: Tensor, sensitivity: Tensor) -> Tensor:
    """Doublings down of an amplitude depth 0 to 99 and a sensitivity 0 to 3; 40 dB at most."""
    units = torch.exp(0.0428993 * depth - 0.285189) * depth.clamp(max=1)
    return units / 8 * along(_AMP_SENSITIVITY, sensitivity.round())
