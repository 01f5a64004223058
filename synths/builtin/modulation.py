"""Control signals: envelopes, low-frequency oscillators, and upsampling to the sample rate."""

import math

import torch
from torch import Tensor

LFO_WAVEFORMS = ("sine", "triangle", "saw", "square")
_FASTEST = 0.5e-3  # seconds: a shorter stage of an envelope would click


def adsr(
    t: Tensor, gate: float, attack: Tensor, decay: Tensor, sustain: Tensor, release: Tensor
) -> Tensor:
    """Return attack-decay-sustain-release envelopes in closed form.

    With `fall(t, d) = clamp(1 - t / d, 0, 1)^4` and `h = min(t, gate)`, the level is

        (1)  min(h / attack, 1)
             * (sustain + (1 - sustain) fall(h - attack, decay))
             * fall(t - gate, release).

    All times are lengthened by 0.5 ms. The fall is close to an exponential, but ends: the envelope
    is exactly 0 from `gate + release + 0.5 ms`.

    Args:
        t: Time since the press of the key in seconds, `[t]`.
        gate: Time from press to release of the key in seconds.
        attack: Rise time in seconds, `[n, 1]`.
        decay: Time of the fall to the sustain level in seconds, `[n, 1]`.
        sustain: Level while the key is held, 0 to 1, `[n, 1]`.
        release: Time of the fall after the release of the key in seconds, `[n, 1]`.

    Returns:
        Levels in [0, 1], `[n, t]`.
    """
    held, attack = t.clamp(max=gate), attack + _FASTEST
    rise = (held / attack).clamp(max=1)
    fall = sustain + (1 - sustain) * falling(held - attack, decay)
    return rise * fall * falling(t - gate, release)


def falling(t: Tensor, length: Tensor) -> Tensor:
    """Return the `fall` of `adsr`: from 1 at `t = 0` to 0 at `t = length + 0.5 ms`."""
    left = (1 - t / (length + _FASTEST)).clamp(0, 1)
    return left.square().square()


def lfo(waveform: Tensor, phase: Tensor) -> Tensor:
    """Return the signals of low-frequency oscillators.

    Args:
        waveform: Position in `LFO_WAVEFORMS`, `[n, 1]`.
        phase: Phase in cycles, `[n, t]`.

    Returns:
        Signals in [-1, 1], `[n, t]`.
    """
    cycle = phase - phase.floor()
    sine = torch.sin(2 * math.pi * cycle)
    triangle = 1 - 4 * ((cycle + 0.25) - (cycle + 0.25).floor() - 0.5).abs()
    saw = 1 - 2 * cycle
    square = torch.where(cycle < 0.5, 1.0, -1.0).to(phase.dtype)
    kind = waveform.round().long().unsqueeze(0).expand(1, *phase.shape)
    return torch.stack([sine, triangle, saw, square]).gather(0, kind)[0]


def interpolate(control: Tensor, block: int, samples: int) -> Tensor:
    """Interpolate controls `[n, k]`, `block` samples apart, linearly to `[n, samples]`."""
    ramp = torch.arange(block, dtype=control.dtype, device=control.device) / block
    start, change = control[:, :-1, None], control.diff(dim=1).unsqueeze(-1)
    return (start + change * ramp).flatten(1)[:, :samples]


def integrate(frequency: Tensor, block: int, sr: int, samples: int) -> tuple[Tensor, Tensor]:
    """Integrate frequencies to phases, exactly for linear interpolation as in `interpolate`.

    Args:
        frequency: Frequencies in Hz, `block` samples apart, `[n, k]`.
        block: Number of samples between two frequencies.
        sr: Sample rate in Hz.
        samples: Number of samples to return.

    Returns:
        Phase in cycles, without the whole cycles of past blocks, and step in cycles per sample,
        `[n, samples]` each.
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
