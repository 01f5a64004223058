"""First layers of proxies: relaxed presets and notes to vectors or tokens."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from patchwright.surrogates.proxies.note import NOTE_WIDTH
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class OneHot(nn.Module):
    """Relaxed presets as they are, and the note: `[n, w]` and `[n, 3]` to `[n, w + 3]`."""

    def __init__(self, space: RelaxedSpace) -> None:
        super().__init__()
        self.width = space.width + NOTE_WIDTH

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Join presets and notes."""
        return torch.cat([2.0 * relaxed - 1.0, note], dim=1)


class PiecewiseLinear(nn.Module):
    """Each number as itself and by piecewise-linear bins, levels and note as they are.

        e_t(x) = clip((x - b_(t-1)) / (b_t - b_(t-1)), 0, 1)    (1)

    with equal bins b of [0, 1]. Y. Gorishniy, I. Rubachev and A. Babenko, On embeddings for
    numerical features in tabular deep learning, NeurIPS 2022, equation 1.

    Args:
        space: Columns of presets.
        bins: Number of bins.
    """

    _numbers: Tensor
    _starts: Tensor

    def __init__(self, space: RelaxedSpace, bins: int = 8) -> None:
        super().__init__()
        self.bins = bins
        self.width = space.width + NOTE_WIDTH + bins * len(space.numbers)
        self.register_buffer("_numbers", torch.from_numpy(space.number_columns), persistent=False)
        self.register_buffer("_starts", torch.arange(bins) / bins, persistent=False)

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Encode `[n, w]` and `[n, 3]`: `[n, width]`."""
        numbers = relaxed[:, self._numbers]
        pieces = ((numbers[..., None] - self._starts) * self.bins).clamp(0.0, 1.0)
        return torch.cat([2.0 * relaxed - 1.0, note, 2.0 * pieces.flatten(1) - 1.0], dim=1)


class Tokens(nn.Module):
    """A token per parameter, and one for the note: `[n, w]` and `[n, 3]` to `[n, d + 1, size]`.

    A number's token is linear in the number and its piecewise-linear bins, and a discrete
    parameter's is the mean of its levels' embeddings, weighted by their probabilities. Each
    parameter has weights of its own, so that tokens need no position.

    Args:
        space: Columns of presets.
        size: Size of a token.
        bins: Number of piecewise-linear bins of a number.
    """

    _index: Tensor

    def __init__(self, space: RelaxedSpace, size: int, bins: int = 8) -> None:
        super().__init__()
        self.count, self.size = len(space) + 1, size
        self._encode = PiecewiseLinear(space, bins)
        nothing = self._encode.width  # an appended column of zeros, which fills narrow parameters
        index = np.full((len(space), max(*space.widths, bins + 1)), nothing)
        for place, i in enumerate(space.numbers):
            first = space.width + NOTE_WIDTH + place * bins
            index[i, : bins + 1] = [space.blocks[i].start, *range(first, first + bins)]
        for i in space.choices:
            index[i, : space.widths[i]] = np.arange(space.blocks[i].start, space.blocks[i].stop)
        self.register_buffer("_index", torch.from_numpy(index), persistent=False)
        self.weight = nn.Parameter(0.5 * torch.randn(*index.shape, size))
        self.bias = nn.Parameter(torch.zeros(len(space), size))
        self.note = nn.Linear(NOTE_WIDTH, size)

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Encode `[n, w]` and `[n, 3]`: `[n, d + 1, size]`."""
        columns = nn.functional.pad(self._encode(relaxed, note), (0, 1))
        tokens = torch.einsum("ndk,dks->nds", columns[:, self._index], self.weight) + self.bias
        return torch.cat([tokens, self.note(note)[:, None]], dim=1)
