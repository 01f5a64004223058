"""Descents of many presets down a gradient, discrete parameters included."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from patchwright.surrogates.assisted.relaxation import Relaxation, RelaxedGenotypes
from patchwright.synths.parameters import Array

_COLD = 0.1  # last temperature of the levels
_FASTER = 10.0  # learning rate of logits, in that of numbers
_MEMORY = 0.9, 0.99  # decay of the moments


def descend(
    space: RelaxedGenotypes,
    genotypes: Array,
    distances: Callable[[Tensor], Tensor],
    *,
    steps: int,
    rate: float,
    relaxation: Relaxation,
    generator: torch.Generator,
) -> Array:
    """Move genotypes down the gradient of their distances.

    Numbers and logits move together while the temperature of the levels falls, for two thirds of
    the steps; then numbers alone, with the likeliest levels.

    Args:
        space: Free parameters among the columns of a model.
        genotypes: Genotypes to start from, `[n, d]`.
        distances: Function from relaxed presets `[n, w]` to distances `[n]`.
        steps: Number of steps.
        rate: Learning rate of numbers.
        relaxation: Treatment of discrete parameters.
        generator: Only source of randomness.

    Returns:
        Genotypes `[n, d]`, on discrete levels.
    """
    mixing = max(1, steps * 2 // 3)
    for phase, count in enumerate((mixing, steps - mixing)):
        variables = space.variables(genotypes)
        moved = [variables.numbers]
        if phase == 0 and variables.logits.numel():
            moved.append(variables.logits)
        adam = Adam(moved, [rate, _FASTER * rate])
        for step in range(count):
            temperature = _COLD ** (step / mixing) if phase == 0 else _COLD
            how: Relaxation = "straight_through" if phase else relaxation
            loss = distances(variables.relaxed(how, temperature, generator)).sum()
            adam.step(torch.autograd.grad(loss, moved))
            with torch.no_grad():
                variables.numbers.clamp_(0, 1)
        genotypes = variables.genotypes()
    return genotypes


class Adam:
    """Adaptive steps of tensors.

        m <- b_1 m + (1 - b_1) g,  v <- b_2 v + (1 - b_2) g^2    (1)
        x <- x - rate (m / (1 - b_1^t)) / sqrt(v / (1 - b_2^t))  (2)

    D. P. Kingma and J. Ba, Adam, 2015, arXiv:1412.6980, algorithm 1. Torch's own imports its
    compiler, which takes seconds.

    Args:
        tensors: Tensors to move.
        rates: Learning rate of each.
    """

    def __init__(self, tensors: Sequence[Tensor], rates: Sequence[float]) -> None:
        self._tensors, self._rates = tensors, rates
        self._first = [torch.zeros_like(x) for x in tensors]
        self._second = [torch.zeros_like(x) for x in tensors]
        self._steps = 0

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the tensors by one step against their gradients."""
        self._steps += 1
        rows = zip(self._tensors, self._rates, gradients, self._first, self._second, strict=False)
        for x, rate, g, m, v in rows:
            m.lerp_(g, 1 - _MEMORY[0])
            v.lerp_(g.square(), 1 - _MEMORY[1])
            first, second = (1 - memory**self._steps for memory in _MEMORY)
            x.sub_(rate / first * m / ((v / second).sqrt() + 1e-8))
