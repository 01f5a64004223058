"""Genotypes as variables that a gradient can move, discrete ones included."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths.parameters import Array, Subspace

Relaxation = Literal["soft", "straight_through", "gumbel"]

_SURE = 0.9  # probability of a preset's own level at the start of a descent


class RelaxedGenotypes:
    """The free parameters of a search among the columns that a model reads.

    The model's parameters that the search has locked stay at their values; limits hold.

    Args:
        subspace: Free parameters of the search, `d`.
        space: Columns of the model; it has all of the search's free parameters.
    """

    def __init__(self, subspace: Subspace, space: RelaxedSpace) -> None:
        self._subspace, self._space = subspace, space
        names = subspace.space.names
        self._positions = np.array([names.index(name) for name in space.names])
        free = {names[i]: column for column, i in enumerate(subspace.free.tolist())}
        moved = [(i, free[name]) for i, name in enumerate(space.names) if name in free]
        numbers = [(i, g) for i, g in moved if space.widths[i] == 1]
        choices = [(i, g) for i, g in moved if space.widths[i] > 1]
        ends = np.stack([np.zeros(len(subspace)), np.ones(len(subspace))])
        low, high = subspace.decode(ends)[:, self._positions]
        self._number_columns = torch.from_numpy(space.columns([i for i, _ in numbers]))
        self._low, self._high = (
            torch.tensor([float(end[i]) for i, _ in numbers]) for end in (low, high)
        )
        # discrete parameters side by side, each with as many levels as the widest; what is beyond
        # its own stands for a column after the last
        widest = max((space.widths[i] for i, _ in choices), default=0)
        columns = np.full((len(choices), widest), space.width)
        allowed = np.zeros((len(choices), widest), bool)
        for row, (i, gene) in enumerate(choices):
            width = space.widths[i]
            columns[row, :width] = np.arange(space.blocks[i].start, space.blocks[i].stop)
            allowed[row, self._levels(gene, width)] = True
        self._choice_columns = torch.from_numpy(columns)
        self._allowed = torch.from_numpy(allowed)

    @property
    def width(self) -> int:
        """Number of columns, `w`."""
        return self._space.width

    def _levels(self, gene: int, width: int) -> NDArray[np.int64]:
        """Return the levels that a discrete gene may have, among `width`."""
        k = int(self._subspace.levels[gene])
        genotypes = np.full((k, len(self._subspace)), 0.5)
        genotypes[:, gene] = (np.arange(k) + 0.5) / k
        values = self._subspace.decode(genotypes)[:, self._subspace.free[gene]]
        return np.rint(values * (width - 1)).astype(np.int64)

    def relax(self, genotypes: Array) -> Tensor:
        """Convert genotypes `[n, d]` to relaxed presets `[n, w]`."""
        return self._space.relax(self._subspace.decode(genotypes)[:, self._positions])

    def genotypes(self, relaxed: Tensor) -> Array:
        """Convert relaxed presets `[n, w]` to genotypes `[n, d]`, each at its likeliest levels."""
        values = np.tile(self._subspace.locked, (len(relaxed), 1))
        values[:, self._positions] = self._space.values(relaxed)
        return self._subspace.encode(values)

    def variables(self, genotypes: Array) -> Variables:
        """Return variables at genotypes `[n, d]`."""
        relaxed = self.relax(genotypes)
        span = (self._high - self._low).clamp(min=1e-9)
        numbers = (relaxed[:, self._number_columns] - self._low) / span
        given = functional.pad(relaxed, (0, 1))[:, self._choice_columns]
        others = (1 - _SURE) / (self._allowed.sum(1, keepdim=True) - 1).clamp(min=1)
        sure = torch.where(given > 0.5, _SURE, others).log()
        return Variables(self, relaxed, numbers, torch.where(self._allowed, sure, -torch.inf))


class Variables:
    """Numbers and logits of `n` presets, to be moved by a gradient.

    Attributes:
        numbers: Continuous genes, `[n, a]`.
        logits: Unnormalised log-probabilities of the levels of each discrete gene, `[n, b, l]`;
            -inf beyond a gene's last level, and where limits exclude a level.
    """

    def __init__(
        self, owner: RelaxedGenotypes, base: Tensor, numbers: Tensor, logits: Tensor
    ) -> None:
        self._owner, self._base = owner, base
        self.numbers = numbers.clone().requires_grad_()
        self.logits = logits.clone().requires_grad_()

    def relaxed(
        self, relaxation: Relaxation, temperature: float, generator: torch.Generator
    ) -> Tensor:
        """Return relaxed presets `[n, w]`, differentiable in the variables.

        `soft` mixes levels by their probabilities. `straight_through` takes the likeliest level and
        the gradient of the mixture (Y. Bengio, N. Léonard and A. Courville, 2013, arXiv:1308.3432).
        `gumbel` mixes after adding Gumbel noise (E. Jang, S. Gu and B. Poole, 2017,
        arXiv:1611.01144).
        """
        owner = self._owner
        relaxed = functional.pad(self._base, (0, 1))
        values = owner._low + self.numbers.clamp(0, 1) * (owner._high - owner._low)
        relaxed[:, owner._number_columns] = values
        if self.logits.numel():
            logits = self.logits
            if relaxation == "gumbel":
                uniform = torch.rand(logits.shape, generator=generator).clamp(1e-9, 1 - 1e-7)
                logits = logits - (-uniform.log()).log()
            share = torch.softmax(logits / temperature, dim=2)
            if relaxation == "straight_through":
                hard = functional.one_hot(share.argmax(2), share.shape[2]).to(share.dtype)
                share = hard + share - share.detach()
            relaxed[:, owner._choice_columns.flatten()] = share.flatten(1)
        return relaxed[:, :-1]

    def genotypes(self) -> Array:
        """Return the genotypes `[n, d]`, each at its likeliest levels."""
        with torch.no_grad():
            generator = torch.Generator()
            return self._owner.genotypes(self.relaxed("soft", 1.0, generator))
