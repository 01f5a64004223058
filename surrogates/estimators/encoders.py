"""Encoders: networks from what is heard and the note to a vector."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.layers import attention_layers, residual_blocks
from patchwright.surrogates.proxies.note import NOTE_WIDTH

Shape = tuple[int, int]
"""Bands and frames of what is heard; an embedding has one frame."""


class Encoder(nn.Module, ABC):
    """A network from what is heard `[n, bands, frames]` and notes `[n, 3]` to `[n, width]`."""

    width: int

    @abstractmethod
    def forward(self, heard: Tensor, note: Tensor) -> Tensor:
        """Encode sounds: `[n, width]`."""


class Perceptron(Encoder):
    """Residual perceptron on all numbers at once; also for embeddings.

    Args:
        shape: Bands and frames.
        hidden: Width.
        layers: Number of residual blocks.
    """

    def __init__(self, shape: Shape, hidden: int, layers: int) -> None:
        super().__init__()
        self.width = hidden
        self.first = nn.Linear(shape[0] * shape[1] + NOTE_WIDTH, hidden)
        self.blocks = residual_blocks(hidden, hidden, layers)
        self.last = nn.LayerNorm(hidden)

    def forward(self, heard: Tensor, note: Tensor) -> Tensor:
        """Encode sounds; see `Encoder.forward`."""
        h = self.first(torch.cat([heard.flatten(1), note], dim=1))
        for block in self.blocks:
            h = h + block(h)
        vector: Tensor = functional.gelu(self.last(h))
        return vector


class ResNet(Encoder):
    """Residual convolutions that halve bands and frames, with the note added at each stage.

    Source:
        K. He, X. Zhang, S. Ren and J. Sun, Deep residual learning for image recognition, CVPR 2016;
        group normalisation instead of that of batches, so that a row does not depend on others.

    Args:
        shape: Bands and frames.
        channels: Channels of the first stage; each of the others has twice those before.
        stages: Number of stages.
        hidden: Width of the vector.
    """

    def __init__(self, shape: Shape, channels: int, stages: int, hidden: int) -> None:
        super().__init__()
        _need_frames(shape, "resnet")
        self.width = hidden
        widths = [channels * 2**i for i in range(stages)]
        self.stem = nn.Conv2d(1, channels, 3, stride=2, padding=1)
        self.stages = nn.ModuleList(
            _Residual(before, after, stride=1 if i == 0 else 2)
            for i, (before, after) in enumerate(zip([channels, *widths], widths, strict=False))
        )
        self.notes = nn.ModuleList(nn.Linear(NOTE_WIDTH, width) for width in widths)
        self.last = nn.Linear(widths[-1] * 8 * 2 + NOTE_WIDTH, hidden)

    def forward(self, heard: Tensor, note: Tensor) -> Tensor:
        """Encode sounds; see `Encoder.forward`."""
        h = self.stem(heard[:, None])
        for stage, of_note in zip(self.stages, self.notes, strict=True):
            h = stage(h, of_note(note)[:, :, None, None])
        h = _pooled(h, 8, 2)  # where in pitch and when matter
        vector: Tensor = functional.gelu(self.last(torch.cat([h.flatten(1), note], dim=1)))
        return vector


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, before: int, after: int, *, stride: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(1, before), nn.GroupNorm(1, after)])
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(before, after, 3, stride=stride, padding=1),
                nn.Conv2d(after, after, 3, padding=1),
            ]
        )
        self.shortcut = nn.Conv2d(before, after, 1, stride=stride)

    def forward(self, x: Tensor, note: Tensor) -> Tensor:
        h = self.convolutions[0](functional.gelu(self.norms[0](x))) + note
        h = self.convolutions[1](functional.gelu(self.norms[1](h)))
        found: Tensor = self.shortcut(x) + h
        return found


class SpectrogramTransformer(Encoder):
    """A transformer on patches of the spectrogram, with tokens for the summary and the note.

    Source:
        Y. Gong, Y.-A. Chung and J. Glass, AST: Audio spectrogram transformer, Interspeech 2021.

    Args:
        shape: Bands and frames.
        hidden: Width of a token.
        layers: Number of layers.
        heads: Number of attention heads.
        patch: Bands and frames of a patch.
    """

    def __init__(self, shape: Shape, hidden: int, layers: int, heads: int, patch: int) -> None:
        super().__init__()
        _need_frames(shape, "transformer")
        self.width = hidden
        self.patches = nn.Conv2d(1, hidden, patch, stride=patch)
        self._padding = tuple(-size % patch for size in shape)
        count = (shape[0] + self._padding[0]) // patch * ((shape[1] + self._padding[1]) // patch)
        self.place = nn.Parameter(0.02 * torch.randn(count, hidden))
        self.summary = nn.Parameter(0.02 * torch.randn(hidden))
        self.note = nn.Linear(NOTE_WIDTH, hidden)
        self.body = attention_layers(hidden, heads, 2 * hidden, layers)
        self.last = nn.LayerNorm(hidden)

    def forward(self, heard: Tensor, note: Tensor) -> Tensor:
        """Encode sounds; see `Encoder.forward`."""
        padded = functional.pad(heard[:, None], (0, self._padding[1], 0, self._padding[0]))
        tokens = self.patches(padded).flatten(2).transpose(1, 2) + self.place
        summary = self.summary.expand(len(tokens), 1, -1)
        tokens = torch.cat([summary, self.note(note)[:, None], tokens], dim=1)
        vector: Tensor = self.last(self.body(tokens)[:, 0])
        return vector


class BiLSTM(Encoder):
    """Frames, read in both directions by a long short-term memory.

    Source:
        M. J. Yee-King, L. Fedden and M. d'Inverno, Automatic programming of VST sound synthesizers
        using deep networks and other techniques, IEEE TETCI 2, 2018.

    Args:
        shape: Bands and frames.
        state: Size of the state in each direction.
        layers: Number of layers.
    """

    def __init__(self, shape: Shape, state: int, layers: int) -> None:
        super().__init__()
        _need_frames(shape, "lstm")
        self.width = 2 * state
        self.reader = nn.LSTM(
            shape[0] + NOTE_WIDTH, state, layers, batch_first=True, bidirectional=True
        )

    def forward(self, heard: Tensor, note: Tensor) -> Tensor:
        """Encode sounds; see `Encoder.forward`."""
        frames = heard.transpose(1, 2)
        notes = note[:, None].expand(-1, frames.shape[1], -1)
        _, (states, _) = self.reader(torch.cat([frames, notes], dim=2))
        vector: Tensor = states[-2:].transpose(0, 1).flatten(1)
        return vector


def _pooled(h: Tensor, bands: int, frames: int) -> Tensor:
    """Average `[n, c, b, f]` to a size, `[n, c, bands, frames]`."""
    return functional.adaptive_avg_pool2d(h, (bands, frames))


def _need_frames(shape: Shape, name: str) -> None:
    if shape[1] < 2:
        raise SurrogateError(f"{name} hears spectrograms, not embeddings: use mlp, or flow.")
