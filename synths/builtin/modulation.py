"""Control signals: envelopes, low-frequency oscillators, and the way up to the sample rate."""

import math

import torch
from torch import Tensor

LFO_WAVEFORMS = ("sine", "triangle", "saw", "square")
_FASTEST = 0.5e-3  # seconds; no stage of an envelope is shorter, or it would click


def adsr(
    t: Tensor, gate: float, attack: Tensor, decay: Tensor, sustain: Tensor, release: Tensor
) -> Tensor:
    """Attack, decay, sustain and release in closed form.

    Decay and release fall with the fourth power of the time left, close to an exponential, but
    the release ends: the envelope is exactly 0 from `gate + release + 0.5 ms` on.

    Args:
        t: Seconds since the key was pressed, `[t]`.
        gate: Seconds that it is held.
        attack: Seconds, `[n, 1]`.
        decay: Seconds, `[n, 1]`.
        sustain: Level between 0 and 1, `[n, 1]`.
        release: Seconds, `[n, 1]`.

    Returns:
        Levels `[n, t]`, 0 to 1.
    """
    held, attack = t.clamp(max=gate), attack + _FASTEST
    rise = (held / attack).clamp(max=1)
    fall = sustain + (1 - sustain) * falling(held - attack, decay)
    return rise * fall * falling(t - gate, release)


def falling(t: Tensor, length: Tensor) -> Tensor:
    """Fall from 1 at `t = 0` to 0 at `t = length` (plus 0.5 ms), as the fourth power."""
    left = (1 - t / (length + _FASTEST)).clamp(0, 1)
    return left.square().square()


def lfo(waveform: Tensor, phase: Tensor) -> Tensor:
    """Low-frequency oscillator.

    Args:
        waveform: Position in `LFO_WAVEFORMS`, `[n, 1]`.
        phase: In cycles, `[n, t]`.

    Returns:
        -1 to 1, `[n, t]`.
    """
    cycle = phase - phase.floor()
    sine = torch.sin(2 * math.pi * cycle)
    triangle = 1 - 4 * ((cycle + 0.25) - (cycle + 0.25).floor() - 0.5).abs()
    saw = 1 - 2 * cycle
    square = torch.where(cycle < 0.5, 1.0, -1.0).to(phase.dtype)
    kind = waveform.round().long().unsqueeze(0).expand(1, *phase.shape)
    return torch.stack([sine, triangle, saw, square]).gather(0, kind)[0]


def interpolate(control: Tensor, block: int, samples: int) -> Tensor:
    """Raise controls `[n, k]`, one every `block` samples, to `[n, samples]` by straight lines."""
    ramp = torch.arange(block, dtype=control.dtype, device=control.device) / block
    start, change = control[:, :-1, None], control.diff(dim=1).unsqueeze(-1)
    return (start + change * ramp).flatten(1)[:, :samples]


def integrate(frequency: Tensor, block: int, sr: int, samples: int) -> tuple[Tensor, Tensor]:
    """Integrate frequencies to phases, exactly for the straight lines of `interpolate`.

    Args:
        frequency: Hz, one every `block` samples, `[n, k]`.
        block: Samples between two of them.
        sr: Sample rate in Hz.
        samples: How many are wanted.

    Returns:
        Phase in cycles less whole blocks' cycles (below `block`), and cycles a sample; both
        `[n, samples]`.
    """
    step = frequency / sr
    # float64: in float32 the phase of a long note would drift audibly
    gained = ((step[:, :-1] + step[:, 1:]) * (block / 2)).double().cumsum(dim=1)
    start = torch.nn.functional.pad(gained - gained.floor(), (1, 0))[:, :-1].to(step.dtype)
    ramp = torch.arange(block, dtype=step.dtype, device=step.device)
    first, change = step[:, :-1, None], step.diff(dim=1).unsqueeze(-1) / block
    phase = start.unsqueeze(-1) + ramp * (first + change * (ramp / 2))
    steps = first + change * ramp
    return phase.flatten(1)[:, :samples], steps.flatten(1)[:, :samples]
