"""Typed heads: the distribution of each parameter, given a vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class Heads(nn.Module):
    """A distribution for each parameter, by its kind, independent given the vector.

    A categorical, boolean or integer parameter has a probability for each level. A number has one
    for each of `bins` knots from 0 to 1, between which its density is linear, so that two answers
    that are both possible do not become their mean; with one bin it is a regression of its value.

        -log p(x) = -(1 - a) log p_k - a log p_(k+1),  a = (K - 1) x - k    (1)

    Args:
        space: Columns of presets.
        width: Width of the vector.
        bins: Knots of a number; 1 for regression.
    """

    _numbers: Tensor
    _choices: Tensor
    _knots: Tensor

    def __init__(self, space: RelaxedSpace, width: int, bins: int) -> None:
        super().__init__()
        self.space, self.bins = space, bins
        self.numbers = nn.Linear(width, len(space.numbers) * bins)
        self.choices = nn.Linear(width, len(space.choice_columns))
        self._widths = [space.widths[i] for i in space.choices]
        self.register_buffer("_numbers", torch.from_numpy(space.number_columns), persistent=False)
        self.register_buffer("_choices", torch.from_numpy(space.choice_columns), persistent=False)
        self.register_buffer("_knots", torch.linspace(0, 1, bins), persistent=False)

    def losses(self, vector: Tensor, relaxed: Tensor) -> Tensor:
        """Return the loss of each column of presets `[n, w]`; a choice has its own in its first."""
        numbers, choices = self._outputs(vector)
        true = relaxed[:, self._numbers]
        if self.bins == 1:
            of_numbers = (torch.sigmoid(numbers[..., 0]) - true).abs()
        else:
            near = 1 - (true[..., None] - self._knots).abs() * (self.bins - 1)  # equation 1
            of_numbers = -(near.clamp(min=0) * functional.log_softmax(numbers, 2)).sum(2)
        levels = relaxed[:, self._choices].split(self._widths, dim=1)
        of_choices = [
            functional.pad(
                -(level * functional.log_softmax(logits, 1)).sum(1, keepdim=True),
                (0, level.shape[1] - 1),
            )
            for level, logits in zip(levels, choices, strict=True)
        ]
        return self._joined(of_numbers, of_choices)

    def loss(self, vector: Tensor, relaxed: Tensor) -> Tensor:
        """Return the loss of presets `[n, w]`, a mean over parameters, `[n]`."""
        return self.losses(vector, relaxed).sum(1) / len(self.space)

    def soft(self, vector: Tensor) -> Tensor:
        """Return expected numbers and probabilities of levels, `[n, w]`, differentiable."""
        numbers, choices = self._outputs(vector)
        if self.bins == 1:
            values = torch.sigmoid(numbers[..., 0])
        else:
            values = torch.softmax(numbers, 2) @ self._knots
        return self._joined(values, [torch.softmax(logits, 1) for logits in choices])

    def answer(self, vector: Tensor) -> Tensor:
        """Return the likeliest level of each choice, and the mean of a number's likeliest peak."""
        numbers, choices = self._outputs(vector)
        if self.bins == 1:
            values = torch.sigmoid(numbers[..., 0])
        else:
            share = torch.softmax(numbers, 2)
            peak = share.argmax(2, keepdim=True)
            near = (torch.arange(self.bins, device=share.device) - peak).abs() <= 1
            share = share * near
            values = (share @ self._knots) / share.sum(2)
        return self._joined(values, [_one_hot(logits.argmax(1), logits) for logits in choices])

    def sample(self, vector: Tensor, generator: torch.Generator, temperature: float) -> Tensor:
        """Draw a preset from the distributions of each row, `[n, w]`."""
        if temperature <= 0:
            return self.answer(vector)
        numbers, choices = self._outputs(vector)
        n, a = numbers.shape[:2]
        if self.bins == 1:
            values = torch.sigmoid(numbers[..., 0])
        else:
            share = torch.softmax(numbers / temperature, 2).flatten(0, 1)
            knot = torch.multinomial(share, 1, generator=generator).reshape(n, a)
            draws = [torch.rand(n, a, generator=generator, device=share.device) for _ in range(2)]
            values = self._knots[knot] + (draws[0] - draws[1]) / (self.bins - 1)
            values = 1 - (1 - values.abs()).abs()  # reflected at 0 and 1
        levels = [
            _one_hot(
                torch.multinomial(torch.softmax(x / temperature, 1), 1, generator=generator)[:, 0],
                x,
            )
            for x in choices
        ]
        return self._joined(values, levels)

    def _outputs(self, vector: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return logits or values of numbers, `[n, a, bins]`, and logits of each choice."""
        numbers = self.numbers(vector).unflatten(1, (-1, self.bins)).float()
        return numbers, self.choices(vector).float().split(self._widths, dim=1)

    def _joined(self, numbers: Tensor, levels: list[Tensor]) -> Tensor:
        relaxed = numbers.new_empty(len(numbers), self.space.width)
        relaxed[:, self._numbers] = numbers
        if levels:
            relaxed[:, self._choices] = torch.cat(levels, dim=1)
        return relaxed


def _one_hot(level: Tensor, like: Tensor) -> Tensor:
    return functional.one_hot(level, like.shape[1]).to(like.dtype)
