"""Six operators that move each other's phase, with gradients."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.synths.builtin.fm.algorithms import Routing

BLOCK = 64  # samples between control points


def operate(
    steps: Tensor,
    amplitudes: Tensor,
    starts: Tensor,
    feedback: Tensor,
    routing: Routing,
    samples: int,
) -> Tensor:
    """Play six operators.

    Each puts out `a sin(2 pi (p + 2 s + f (y1 + y2) / 2))`: `a` is its amplitude and `p` its phase,
    `s` the sum of the operators that move it, `y1` and `y2` the last two outputs of the operator
    whose past is fed back to it (Tomisawa, "Tone production method for an electronic musical
    instrument", US patent 4,249,447, 1981). Amplitudes and frequencies run in straight lines
    between control points, `BLOCK` samples apart. The recursion is exact, and so is its gradient;
    both are computed in float64 on the CPU, wherever the tensors are.

    Args:
        steps: Cycles a sample at each control point, `[n, 6, k]`, `k` above `samples / BLOCK`.
        amplitudes: 0 or more, `[n, 6, k]`.
        starts: Phases at the first sample in cycles, `[n, 6]`; no gradient flows to them.
        feedback: Cycles by which a fed-back amplitude of 1 moves the phase, `[n]`.
        routing: One algorithm a row.
        samples: How many are wanted.

    Returns:
        The mean of the operators that are heard, `[n, samples]`, of the dtype of `amplitudes`.
    """
    arguments = (steps, amplitudes, starts, feedback, routing, samples)
    audio: Tensor = _Operators.apply(*arguments)  # type: ignore[no-untyped-call]
    return audio


class _Operators(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        steps: Tensor,
        amplitudes: Tensor,
        starts: Tensor,
        feedback: Tensor,
        routing: Routing,
        samples: int,
    ) -> Tensor:
        from patchwright.synths.builtin.fm.kernels import (
            play,  # here, because it is compiled when imported
        )

        wanted = any(ctx.needs_input_grad[:4])
        audio = np.empty((len(steps), samples))
        cycles = np.empty((*steps.shape[:2], samples if wanted else 0))
        tables = (routing.sources, routing.heard, routing.feedback)
        controls = [_array(tensor) for tensor in (steps, amplitudes, starts, feedback)]
        play(*controls, *tables, BLOCK, audio, cycles)
        if wanted:
            ctx.kept = (controls[1], controls[3], *tables, BLOCK, cycles)
            ctx.like = [tensor.to("meta") for tensor in (steps, amplitudes, feedback)]
            ctx.device = steps.device
        return torch.from_numpy(audio).to(amplitudes.device, amplitudes.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, audio_gradient: Tensor) -> tuple[Tensor | None, ...]:
        from patchwright.synths.builtin.fm.adjoint import play_back

        found = [np.zeros(tuple(tensor.shape)) for tensor in ctx.like]
        play_back(*ctx.kept, _array(audio_gradient), *found)
        step, amplitude, feedback = (
            torch.from_numpy(array).to(ctx.device, tensor.dtype)
            for array, tensor in zip(found, ctx.like, strict=True)
        )
        return step, amplitude, None, feedback, None, None


def _array(tensor: Tensor) -> NDArray[np.float64]:
    """A contiguous float64 copy that numba can read."""
    return np.ascontiguousarray(tensor.detach().cpu().double().numpy())
