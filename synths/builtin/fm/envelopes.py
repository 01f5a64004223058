"""The envelopes of levels and of pitch, and the LFO, in closed form at any times.

An envelope starts at its fourth level, goes to the first, second and third while the key is held,
and back to the fourth when it is released. Levels fall at a constant speed in dB. They rise from at
least 40 dB above silence, fast at first: the speed is that of a fall, times the distance in
doublings to 1.5 doublings above full scale (page "Dx7Envelope" of MSFA, where the factor is rounded
to whole numbers; rises so take as long within 2 %). A stage between equal levels takes as
long as a fall of 11.3 dB, which is what Dexed's table of times amounts to.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from patchwright.synths.builtin.fm import laws

_JUMP = 1716 / 256  # doublings from which a level rises at once
_TOP = laws.FULL + 1.5  # what rising levels aim at
_PAUSE = 11.3 / laws.DECIBELS  # a stage between equal levels: as long as a fall so far, doublings

_Glide = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
_Time = Callable[[Tensor, Tensor, Tensor], Tensor]


def level_envelope(t: Tensor, gate: float, levels: Tensor, speeds: Tensor) -> Tensor:
    """Follow the envelopes of operators.

    Args:
        t: Seconds since the key was pressed, `[k]`.
        gate: Seconds that it is held.
        levels: The four levels in doublings, `[4, n, 6, 1]`.
        speeds: The four speeds in doublings a second, `[4, n, 6, 1]`.

    Returns:
        Levels in doublings, `[n, 6, k]`.
    """
    return _follow(t, gate, levels, speeds, _level_glide, _level_time)


def pitch_envelope(t: Tensor, gate: float, levels: Tensor, speeds: Tensor) -> Tensor:
    """Follow pitch envelopes, which move at constant speeds; see `level_envelope`.

    Args:
        t: Seconds since the key was pressed, `[k]`.
        gate: Seconds that it is held.
        levels: The four levels in octaves, `[4, n, 1, 1]`.
        speeds: The four speeds in octaves a second, `[4, n, 1, 1]`.

    Returns:
        Octaves, `[n, 1, k]`.
    """
    return _follow(t, gate, levels, speeds, _pitch_glide, _pitch_time)


def release_time(level: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    """Seconds from the release of the key until a level is silent; infinite where it stays."""
    falling = _level_time(level, target, speed)
    return torch.where(target <= laws.SILENT, falling, math.inf)


def lfo(waveform: Tensor, phase: Tensor, steps: Tensor) -> Tensor:
    """The six waveforms of the LFO.

    Args:
        waveform: Position in `parameters.LFO_WAVEFORMS`, `[n, 1, 1]`.
        phase: In cycles, `[n, 1, k]`.
        steps: The levels 0 to 1 of "sample and hold", one a cycle and then again, `[m]`.

    Returns:
        0 to 1; pitch and amplitude are highest at 1; `[n, 1, k]`.
    """
    whole = phase.floor()
    cycle = phase - whole
    later = cycle + 0.5 - (cycle + 0.5).floor()
    shapes = [
        1 - (2 * cycle - 1).abs(),
        1 - later,
        later,
        (cycle < 0.5).to(phase),
        0.5 + 0.5 * torch.sin(2 * math.pi * cycle),
        steps[whole.long() % len(steps)],
    ]
    kind = waveform.round().long().unsqueeze(0).expand(1, *phase.shape)
    return torch.stack(shapes).gather(0, kind)[0]


def _follow(
    t: Tensor, gate: float, levels: Tensor, speeds: Tensor, glide: _Glide, time: _Time
) -> Tensor:
    """Put the four stages together; `glide` follows one, `time` says how long it takes."""
    held = torch.cat([t.clamp(max=gate), t.new_tensor([gate])])
    begin = torch.zeros_like(levels[0])
    level = levels[3]
    for stage in range(3):
        start, target, speed = levels[stage - 1], levels[stage], speeds[stage]
        there = glide((held - begin).clamp(min=0), start, target, speed)
        level = torch.where(held >= begin, there, level)
        begin = begin + time(start, target, speed)
    level, at_release = level[..., :-1], level[..., -1:]
    released = glide((t - gate).clamp(min=0), at_release, levels[3], speeds[3])
    return torch.where(t < gate, level, released)


def _level_glide(elapsed: Tensor, start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    fallen = torch.maximum(start - speed * elapsed, target)
    low = torch.minimum(start.clamp(min=_JUMP), target)
    risen = torch.minimum(_TOP - (_TOP - low) * torch.exp(-speed * elapsed), target)
    return torch.where(target > start, risen, fallen)


def _level_time(start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    low = torch.minimum(start.clamp(min=_JUMP), target)
    rise = torch.log((_TOP - low) / (_TOP - target))
    fall = torch.where(target == start, _PAUSE, start - target)
    return torch.where(target > start, rise, fall) / speed


def _pitch_glide(elapsed: Tensor, start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    way = speed * elapsed
    return start + torch.maximum(torch.minimum(target - start, way), -way)


def _pitch_time(start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    return (target - start).abs() / speed
