"""Envelopes of level and pitch, and the LFO, in closed form at any times.

An envelope starts at its fourth level, moves to the first, second and third while the key is held,
and back to the fourth when the key is released. With levels in doublings, a stage from `start`
towards `target` at a speed `v` is after `t` seconds at

    (1)  falling level   max(start - v t, target)
    (2)  rising level    min(T - (T - low) exp(-v t), target),   low = min(max(start, J), target)
    (3)  pitch           start + clamp(target - start, -v t, v t)

where T is 1.5 doublings above full scale and J = 1716 / 256, some 40 dB above silence. (2) is the
rise of MSFA (page "Dx7Envelope"), whose speed is that of a fall times the distance to T, without
rounding that distance to whole numbers; rise times agree within 2 %. A stage between equal levels
takes as long as a fall of 11.3 dB, in accordance with Dexed's table of times.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from patchwright.synths.builtin.fm import laws

_JUMP = 1716 / 256  # J in (2)
_TOP = laws.FULL + 1.5  # T in (2)
_PAUSE = 11.3 / laws.DECIBELS  # fall in doublings that lasts as long as a stage of equal levels

_Glide = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
_Time = Callable[[Tensor, Tensor, Tensor], Tensor]


def level_envelope(t: Tensor, gate: float, levels: Tensor, speeds: Tensor) -> Tensor:
    """Return the level envelopes of operators.

    Args:
        t: Time since the press of the key in seconds, `[k]`.
        gate: Time from press to release of the key in seconds.
        levels: Target levels of the four stages in doublings, `[4, n, 6, 1]`.
        speeds: Speeds of the four stages in doublings per second, `[4, n, 6, 1]`.

    Returns:
        Levels in doublings, `[n, 6, k]`.
    """
    return _follow(t, gate, levels, speeds, _level_glide, _level_time)


def pitch_envelope(t: Tensor, gate: float, levels: Tensor, speeds: Tensor) -> Tensor:
    """Return pitch envelopes in octaves, `[n, 1, k]`.

    The arguments are those of `level_envelope`, with levels in octaves and speeds in octaves per
    second, `[4, n, 1, 1]` each.
    """
    return _follow(t, gate, levels, speeds, _pitch_glide, _pitch_time)


def release_time(level: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    """Return the seconds from the release of the key to silence; infinite if it is not reached."""
    falling = _level_time(level, target, speed)
    return torch.where(target <= laws.SILENT, falling, math.inf)


def lfo(waveform: Tensor, phase: Tensor, steps: Tensor) -> Tensor:
    """Return the signal of the LFO.

    Args:
        waveform: Position in `parameters.LFO_WAVEFORMS`, `[n, 1, 1]`.
        phase: Phase in cycles, `[n, 1, k]`.
        steps: Levels 0 to 1 of "sample and hold", one per cycle, repeated after the last, `[m]`.

    Returns:
        Signal in [0, 1], `[n, 1, k]`; pitch and amplitude are highest at 1.
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
    """Chain the four stages: `glide` gives the course of a stage, `time` its length."""
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
    fallen = torch.maximum(start - speed * elapsed, target)  # (1)
    low = torch.minimum(start.clamp(min=_JUMP), target)
    risen = torch.minimum(_TOP - (_TOP - low) * torch.exp(-speed * elapsed), target)  # (2)
    return torch.where(target > start, risen, fallen)


def _level_time(start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    low = torch.minimum(start.clamp(min=_JUMP), target)
    rise = torch.log((_TOP - low) / (_TOP - target))
    fall = torch.where(target == start, _PAUSE, start - target)
    return torch.where(target > start, rise, fall) / speed


def _pitch_glide(elapsed: Tensor, start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    way = speed * elapsed
    return start + torch.maximum(torch.minimum(target - start, way), -way)  # (3)


def _pitch_time(start: Tensor, target: Tensor, speed: Tensor) -> Tensor:
    return (target - start).abs() / speed
