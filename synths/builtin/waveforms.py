"""Band-limited waveforms of a phase: sine, triangle, saw and pulse.

Jumps and corners are smoothed by a cubic B-spline four samples wide (Välimäki, Pekonen and Nam,
"Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial
interpolation", JASA 131, 2012), in closed form, so that nothing loops over samples and
gradients reach frequency, phase and width. At a distance of x >= 0 samples from a jump or a corner,
with `(y)+ = max(y, 0)`, the integrals of the spline beyond x are

    (1)  once:   (2 - x)+^4 / 24 - (1 - x)+^4 / 6
    (2)  twice:  (2 - x)+^5 / 120 - (1 - x)+^5 / 30.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

WAVEFORMS = ("sine", "triangle", "saw", "pulse")
_DROOP = 0.2  # compensates the spline's loss of treble to 0.5 dB, at 10 kHz and 44.1 kHz


def oscillate(waveform: Tensor, phase: Tensor, step: Tensor, width: Tensor) -> Tensor:
    """Return one waveform per row.

    Args:
        waveform: Position in `WAVEFORMS`, `[n, 1]`.
        phase: Phase in cycles, `[n, t]`.
        step: Step of the phase in cycles per sample, above 0, `[n, t]`.
        width: Share of a cycle in which a pulse is high, `[n, 1]`.

    Returns:
        Waves with peaks of about 1 and no offset, `[n, t]`.
    """
    kind = waveform[:, 0].round().long()
    order = torch.argsort(kind, stable=True)
    counts = torch.bincount(kind, minlength=len(WAVEFORMS)).tolist()
    pieces = [
        shape(*(part[rows] for part in (phase, step, width)))
        for shape, rows in zip(_SHAPES, torch.split(order, counts), strict=True)
        if len(rows)
    ]
    return torch.cat(pieces)[torch.argsort(order)]


def _sine(phase: Tensor, step: Tensor, width: Tensor) -> Tensor:
    return torch.sin(2 * math.pi * phase)


def _saw(phase: Tensor, step: Tensor, width: Tensor) -> Tensor:
    return _restore_treble(_smooth_saw(phase, step))


def _pulse(phase: Tensor, step: Tensor, width: Tensor) -> Tensor:
    return _restore_treble(_smooth_saw(phase, step) - _smooth_saw(phase + width, step))


def _triangle(phase: Tensor, step: Tensor, width: Tensor) -> Tensor:
    distance = (phase - phase.round()).abs()
    top = _corner_residual(distance / step)
    bottom = _corner_residual((0.5 - distance) / step)
    return _restore_treble(1 - 4 * distance + 8 * step * (bottom - top))


_SHAPES: tuple[Callable[[Tensor, Tensor, Tensor], Tensor], ...] = (_sine, _triangle, _saw, _pulse)


def _smooth_saw(phase: Tensor, step: Tensor) -> Tensor:
    """Return a rise from -1 to 1 over a cycle, with the smoothed jump at whole phases."""
    distance = phase - phase.round()
    jump = 1 - 2 * _jump_residual(distance.abs() / step)
    return 2 * distance - torch.sign(distance) * jump


def _jump_residual(samples: Tensor) -> Tensor:
    """Return equation (1)."""
    outer, inner = (2 - samples).relu().square(), (1 - samples).relu().square()
    return outer.square() / 24 - inner.square() / 6


def _corner_residual(samples: Tensor) -> Tensor:
    """Return equation (2)."""
    outer, inner = (2 - samples).relu(), (1 - samples).relu()
    return outer.square().square() * outer / 120 - inner.square().square() * inner / 30


def _restore_treble(wave: Tensor) -> Tensor:
    """Compensate the spline's droop (sinc to the fourth power) with a symmetric 3-tap filter."""
    padded = torch.cat([wave[:, :1], wave, wave[:, -1:]], dim=1)
    return (1 + 2 * _DROOP) * wave - _DROOP * (padded[:, :-2] + padded[:, 2:])
