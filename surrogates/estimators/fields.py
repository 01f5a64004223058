"""Velocity fields of flows: networks that move all parameters of a preset at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Field(nn.Module, ABC):
    """Tokens made of the columns of presets, layers that a condition modulates, and back.

    Args:
        size: Width of a token.
        layers: Number of layers.
        heads: Number of attention heads.
        condition: Width of the condition.
    """

    def __init__(self, size: int, layers: int, heads: int, condition: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(size, heads, condition) for _ in range(layers))
        self.last = _Modulated(size, condition)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return the velocity `[n, w]` at states `[n, w]`, given conditions `[n, c]`."""
        tokens = self.tokens(x)
        for layer in self.layers:
            tokens = layer(tokens, condition)
        last: Tensor = self.last(tokens, condition)
        return self.columns(last)

    @abstractmethod
    def tokens(self, x: Tensor) -> Tensor:
        """Make tokens `[n, k, size]` of states `[n, w]`."""

    @abstractmethod
    def columns(self, tokens: Tensor) -> Tensor:
        """Make velocities `[n, w]` of tokens `[n, k, size]`."""


class ParameterTokens(Field):
    """Tokens that learn which parameters they stand for.

        token_k = sum_j A_kj x_j e_j + b_k,   v_j = <sum_k A_kj token_k, u_j>    (1)

    Columns that should share a token, or tokens that should behave alike, are found in training: no
    symmetry has to be declared, and attention, which knows no order of tokens, makes one cheap.

    Source:
        B. Hayes, C. Saitis and G. Fazekas, Audio synthesizer inversion in symmetric parameter
        spaces with approximately equivariant flow matching, ISMIR 2025, section 4 (`Param2Tok`).

    Args:
        width: Number of columns, `w`.
        tokens: Number of tokens.
        size: Width of a token.
        layers: Number of layers.
        heads: Number of attention heads.
        condition: Width of the condition.
    """

    def __init__(
        self, width: int, tokens: int, size: int, layers: int, heads: int, condition: int
    ) -> None:
        super().__init__(size, layers, heads, condition)
        self.assignment = nn.Parameter(torch.randn(tokens, width) / math.sqrt(tokens))
        self.inward = nn.Parameter(torch.randn(width, size) / math.sqrt(size))
        self.outward = nn.Parameter(torch.randn(width, size) / math.sqrt(size))
        self.bias = nn.Parameter(0.02 * torch.randn(tokens, size))

    def tokens(self, x: Tensor) -> Tensor:
        """Make tokens, by equation 1."""
        weight = torch.einsum("kw,wd->wkd", self.assignment, self.inward)
        return (x @ weight.flatten(1)).reshape(-1, *self.bias.shape) + self.bias

    def columns(self, tokens: Tensor) -> Tensor:
        """Make velocities, by equation 1."""
        weight = torch.einsum("kw,wd->kdw", self.assignment, self.outward)
        return tokens.flatten(1) @ weight.flatten(0, 1)


class PartTokens(Field):
    """A token for each interchangeable part, with the same weights for all, and one for the rest.

    A permutation of the parts permutes the velocities alike, exactly: there is no position.

    Args:
        width: Number of columns, `w`.
        parts: Columns of each part, in the same order.
        size: Width of a token.
        layers: Number of layers.
        heads: Number of attention heads.
        condition: Width of the condition.
    """

    _parts: Tensor
    _rest: Tensor

    def __init__(
        self,
        width: int,
        parts: Sequence[Sequence[int]],
        size: int,
        layers: int,
        heads: int,
        condition: int,
    ) -> None:
        super().__init__(size, layers, heads, condition)
        taken = {column for part in parts for column in part}
        rest = [column for column in range(width) if column not in taken]
        self.register_buffer("_parts", torch.tensor(parts), persistent=False)
        self.register_buffer("_rest", torch.tensor(rest, dtype=torch.long), persistent=False)
        self.inward, self.outward = nn.Linear(len(parts[0]), size), nn.Linear(size, len(parts[0]))
        self.inward_rest = nn.Parameter(torch.randn(len(rest), size) / math.sqrt(size))
        self.outward_rest = nn.Parameter(torch.randn(size, len(rest)) / math.sqrt(size))
        self.bias = nn.Parameter(0.02 * torch.randn(size))

    def tokens(self, x: Tensor) -> Tensor:
        """Make a token of each part, and one of the rest."""
        parts = self.inward(x[:, self._parts])
        rest = x[:, self._rest] @ self.inward_rest + self.bias
        return torch.cat([parts, rest[:, None]], dim=1)

    def columns(self, tokens: Tensor) -> Tensor:
        """Make velocities of each part and of the rest."""
        parts: Tensor = self.outward(tokens[:, :-1])
        rest = tokens[:, -1] @ self.outward_rest
        velocity = parts.new_empty(len(parts), self._parts.numel() + len(self._rest))
        velocity[:, self._parts.flatten()] = parts.flatten(1)
        velocity[:, self._rest] = rest
        return velocity


class _Modulated(nn.Module):
    """Normalised tokens, scaled and shifted by the condition."""

    def __init__(self, size: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size, elementwise_affine=False)
        self.of_condition = nn.Linear(condition, 2 * size)

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.of_condition(condition)[:, None].chunk(2, dim=2)
        found: Tensor = self.norm(tokens) * (1 + scale) + shift
        return found


class _Layer(nn.Module):
    """Attention among tokens and a perceptron, both modulated and gated by the condition.

    W. Peebles and S. Xie, Scalable diffusion models with transformers, ICCV 2023, section 3.2
    (`adaLN-Zero`): gates start at 0, so that a layer starts as the identity.
    """

    def __init__(self, size: int, heads: int, condition: int) -> None:
        super().__init__()
        self._heads = heads
        self.modulated = nn.ModuleList(_Modulated(size, condition) for _ in range(2))
        self.gates = nn.Linear(condition, 2 * size)
        nn.init.zeros_(self.gates.weight)
        nn.init.zeros_(self.gates.bias)
        self.read, self.write = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.perceptron = nn.Sequential(
            nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size)
        )

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        among, alone = self.gates(condition)[:, None].chunk(2, dim=2)
        read = self.read(self.modulated[0](tokens, condition)).unflatten(2, (3, self._heads, -1))
        mixed = functional.scaled_dot_product_attention(*read.permute(2, 0, 3, 1, 4))
        tokens = tokens + among * self.write(mixed.transpose(1, 2).flatten(2))
        found: Tensor = tokens + alone * self.perceptron(self.modulated[1](tokens, condition))
        return found
