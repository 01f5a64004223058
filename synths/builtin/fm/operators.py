"""Six operators that modulate each other's phase, with gradients."""

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
    """Return the audio of six operators.

    The output of each operator is

        (1)  y = a sin(2 pi (p + 2 s + f (y1 + y2) / 2)),

    with its amplitude `a` and phase `p` in cycles, the sum `s` of its modulators' outputs, and the
    last two outputs `y1` and `y2` of the operator that is fed back to it, if there is one
    (Tomisawa, "Tone production method for an electronic musical instrument", US patent 4,249,447,
    1981). Amplitudes and frequencies are interpolated linearly between control points, `BLOCK`
    samples apart. The recursion and its gradient are exact; both are computed in float64 on the
    CPU, whatever the device of the tensors.

    Args:
        steps: Steps of the phases in cycles per sample, at each control point, `[n, 6, k]` with
            `k > samples / BLOCK`.
        amplitudes: Amplitudes at each control point, 0 or more, `[n, 6, k]`.
        starts: Phases at the first sample in cycles, `[n, 6]`; they get no gradient.
        feedback: Phase `f` in cycles by which a fed-back amplitude of 1 modulates, `[n]`.
        routing: Algorithms, one per row.
        samples: Number of samples to return.

    Returns:
        Mean of the operators that are heard, `[n, samples]`, of the dtype of `amplitudes`.
    """
    audio: Tensor = _Operators.apply(  # type: ignore[no-untyped-call]
        steps, amplitudes, starts, feedback, routing, samples
    )
    return audio


class _Operators(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        from patchwright.synths.builtin.fm.kernels import play  # compiled at import

        steps, amplitudes, starts, feedback, routing, samples = arguments
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
    """Return a contiguous float64 copy, as the kernels need it."""
    return np.ascontiguousarray(tensor.detach().cpu().double().numpy())
