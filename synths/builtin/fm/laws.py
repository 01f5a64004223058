"""The laws of the DX7's numbers: levels, rates, frequencies and scalings.

They were measured on the instrument and published with two open synths: "MSFA", Google's
music-synthesizer-for-android (Levien, 2012; its pages "Dx7Envelope" and "Dx7Hardware"), on which
Dexed (Gauthier) is based, and hexter (Bolton, 2004-2018). The formulas are theirs; their long
tables are interpolated here between a few of their points, within two units. Numbers in parentheses
refer to

    (1)  level       (output_units + scaling) / 8 + velocity + envelope_units / 4 - 16.625
    (2)  amplitude   2^(level - 15) clamp(level - 1/16, 0, 1)
    (3)  speed       v0 2^i (1 + q - i),   q = (step + scaling) / 4,  i = floor(q)
    (4)  frequency   key coarse (1 + fine / 100), or 10^(coarse mod 4 + fine / 100) Hz; detuned
    (5)  feedback    2^(feedback - 7) cycles

Levels are in doublings of amplitude, as the instrument counts them: 15 is full scale, 1/16 silence.
Where the instrument rounds, the laws are exact at its whole numbers and linear in between; only
level scaling and the modulation depths are not rounded.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

FULL = 15.0
SILENT = 1 / 16
DECIBELS = 20 * math.log10(2)  # per doubling
_SLOWEST = 0.2819 / DECIBELS  # v0 in (3): doublings per second at rate 0
_STEP_AT_KEY = 329 / 4096  # of level scaling, per group of three keys and unit of depth

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
    """Interpolate linearly between points, constant beyond the outer ones."""
    y = torch.full_like(x, points[0][1])
    for (start, low), (end, high) in itertools.pairwise(points):
        y = y + (high - low) / (end - start) * (x.clamp(start, end) - start)
    return y


def between_wholes(law: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Interpolate linearly between a law's values at whole numbers."""
    below = x.detach().floor()
    at = law(below)
    return at + (law(below + 1) - at) * (x - below)


def output_units(output: Tensor) -> Tensor:
    """Convert an output level, 0 to 99, to units of 0.75 dB: 127 is full scale, 0 silence."""

    def low(level: Tensor) -> Tensor:
        points = ((0, 0), (1, 5), (4, 17), (6, 23), (15, 41), (17, 43), (18, 45), (20, 48))
        return torch.where(level == 19, 46.0, along(points, level)).to(level)

    return torch.where(output < 20, between_wholes(low, output.clamp(max=20)), output + 28)


def envelope_units(level: Tensor) -> Tensor:
    """Convert an envelope's level, 0 to 99, to units of 1.5 dB; 63 is the highest."""
    return between_wholes(lambda whole: (output_units(whole) / 2).floor(), level)


def level(envelope: Tensor, output: Tensor, scaling: Tensor, velocity: Tensor) -> Tensor:
    """Return the target level of an envelope's stage in doublings, (1).

    Args:
        envelope: Level of the stage, 0 to 99.
        output: Output level of the operator, 0 to 99.
        scaling: Level scaling by the key, in units of 0.75 dB.
        velocity: Level added by the velocity, in doublings.

    Returns:
        Level from `SILENT` to `FULL`, or a little above for loud notes.
    """
    units = (output_units(output) + scaling).clamp(max=127)
    raised = (units / 8 + velocity).clamp(min=0)
    return (raised + envelope_units(envelope) / 4 - 16.625).clamp(min=SILENT)


def amplitude(level: Tensor) -> Tensor:
    """Convert a level in doublings to an amplitude, (2); below -84 dB it fades to 0 at `SILENT`."""
    return torch.exp(math.log(2) * (level - FULL)) * (level - SILENT).clamp(0, 1)


def speed(rate: Tensor, scaling: Tensor) -> Tensor:
    """Return the speed of a falling envelope, (3).

    Args:
        rate: Rate of the stage, 0 to 99.
        scaling: Steps added by the key to the rate's 64 steps; see `rate_scaling`.

    Returns:
        Speed in doublings per second; four steps double it, from 0.28 dB/s at rate 0 to 16 dB/ms
        at 99.
    """
    step = between_wholes(lambda whole: (whole * 41 / 64).floor(), rate)
    quarter = (step + scaling).clamp(max=63) / 4
    octave = quarter.detach().floor()
    return _SLOWEST * torch.exp(math.log(2) * octave) * (1 + quarter - octave)


def rate_scaling(sensitivity: Tensor, key: Tensor) -> Tensor:
    """Return the steps that a MIDI key adds to an envelope's rates, for a sensitivity 0 to 7."""
    group = ((key / 3 + 1e-3).floor() - 7).clamp(0, 31)
    return (sensitivity.round() * group / 8).floor()


def level_scaling(
    key: Tensor, breakpoint: Tensor, depths: tuple[Tensor, Tensor], curves: tuple[Tensor, Tensor]
) -> Tensor:
    """Return the level that a key adds to an output level.

    Args:
        key: MIDI pitch.
        breakpoint: Breakpoint, 0 to 99.
        depths: Depths below and above the breakpoint, 0 to 99.
        curves: Positions in `parameters.CURVES` below and above the breakpoint.

    Returns:
        Level in units of 0.75 dB, not rounded to whole ones as on the instrument.
    """
    distance = (key - breakpoint - 17).round()
    group = ((distance.abs() + 1) / 3 + 1e-3).floor()
    is_left = distance < 0
    depth, curve = torch.where(is_left, *depths), torch.where(is_left, *curves).round()
    straight = (curve == 0) | (curve == 3)
    size = torch.where(straight, group, along(_EXPONENTIAL, group) / 8)
    return torch.where(curve < 2, -1.0, 1.0) * _STEP_AT_KEY * size * depth


def velocity_level(velocity: int, sensitivity: Tensor) -> Tensor:
    """Return the doublings that a velocity, 1 to 127, adds; 0 near velocity 100.

    Args:
        velocity: MIDI velocity.
        sensitivity: Velocity sensitivity, 0 to 7.
    """
    heard = along(_VELOCITY, torch.full_like(sensitivity, velocity // 2)).round() - 239
    return ((sensitivity.round() * heard + 7) / 8).floor() / 16


def octaves_of_operator(
    key_octave: Tensor, fixed: Tensor, coarse: Tensor, fine: Tensor, detune: Tensor
) -> Tensor:
    """Return the frequency of an operator, (4), as octaves above 1 Hz.

    Args:
        key_octave: Frequency of the key, as octaves above 1 Hz.
        fixed: 1 for a frequency in Hz, 0 for a ratio to the key.
        coarse: Coarse frequency, 0 to 31.
        fine: Fine frequency, 0 to 99.
        detune: Detuning, -7 to 7.

    Returns:
        Binary logarithm of the frequency in Hz.
    """
    coarse = coarse.round()
    multiple = torch.where(coarse == 0, 0.5, coarse).to(fine) * (1 + fine / 100)
    cents = 0.0209 / 7 * torch.exp(-0.396 * key_octave) * key_octave * detune
    ratio = key_octave + torch.log(multiple) / math.log(2) + cents
    power = coarse.remainder(4) + fine / 100
    hertz = power * math.log2(10) + detune.clamp(min=0) * (13457 / 2**24)
    return torch.where(fixed > 0.5, hertz, ratio)


def pitch_level(level: Tensor) -> Tensor:
    """Convert a pitch envelope's level, 0 to 99, to octaves: -4 to 4, and 0 at 50."""
    return along(_PITCH, level) / 32


def pitch_speed(rate: Tensor) -> Tensor:
    """Convert a pitch envelope's rate, 0 to 99, to octaves per second."""
    return along(_PITCH_RATE, rate) / 21.3


def feedback_cycles(feedback: Tensor) -> Tensor:
    """Return the phase in cycles by which a fed-back amplitude of 1 modulates, (5); 0 at 0."""
    return torch.exp(math.log(2) * (feedback - 7)) * feedback.clamp(max=1)


def lfo_hertz(speed: Tensor) -> Tensor:
    """Convert an LFO speed, 0 to 99, to a frequency in Hz."""
    return along(_LFO_HZ, speed)


def lfo_onset(delay: Tensor) -> tuple[Tensor, Tensor]:
    """Return the LFO's waiting time and its fade-in time in seconds, for a delay 0 to 99."""

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
    """Return the vibrato in octaves up and down, 1 at most.

    Args:
        depth: Pitch depth of the LFO, 0 to 99.
        sensitivity: Pitch sensitivity, 0 to 7.
    """
    return depth / 99 * along(_PITCH_SENSITIVITY, sensitivity.round()) / 255


def tremolo_doublings(depth: Tensor, sensitivity: Tensor) -> Tensor:
    """Return the tremolo in doublings down, 40 dB at most.

    Args:
        depth: Amplitude depth of the LFO, 0 to 99.
        sensitivity: Amplitude sensitivity, 0 to 3.
    """
    units = torch.exp(0.0428993 * depth - 0.285189) * depth.clamp(max=1)
    return units / 8 * along(_AMP_SENSITIVITY, sensitivity.round())
