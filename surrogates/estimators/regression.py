"""Estimators that predict the distribution of each parameter on its own."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators.encoders import (
    BiLSTM,
    Encoder,
    Perceptron,
    ResNet,
    Shape,
    SpectrogramTransformer,
)
from patchwright.surrogates.estimators.estimator import Estimator, Sampling
from patchwright.surrogates.estimators.heads import Heads
from patchwright.surrogates.estimators.matching import (
    Matching,
    chamfer_loss,
    sorted_parts,
)
from patchwright.surrogates.estimators.parts import interchangeable
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class Regression(Estimator):
    """An encoder and typed heads; each parameter is independent of the others, given the sound."""

    _parts: Tensor

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        encoder: Encoder,
        bins: int,
        matching: str = "none",
    ) -> None:
        super().__init__(space, shape)
        self.encoder = encoder
        self.heads = Heads(space, encoder.width, bins)
        if matching not in get_args(Matching):
            choices = ", ".join(get_args(Matching))
            raise SurrogateError(f"matching must be one of {choices}, not {matching!r}.")
        self._matching = matching
        found = interchangeable(space) if matching != "none" else ()
        if matching != "none" and not found:
            raise SurrogateError(
                "There are no interchangeable parts, such as osc1_* and osc2_*: leave matching out."
            )
        columns = torch.tensor(found, dtype=torch.long)
        self.register_buffer("_parts", columns, persistent=False)

    def loss(
        self, heard: Tensor, note: Tensor, relaxed: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Return the loss of true presets; see `Estimator.loss`."""
        vector = self.encoder(heard, note)
        if self._matching == "sorted":
            relaxed = sorted_parts(relaxed, self._parts)
        if self._matching == "chamfer":
            return chamfer_loss(lambda true: self.heads.losses(vector, true), relaxed, self._parts)
        return self.heads.loss(vector, relaxed)

    def soft(self, heard: Tensor, note: Tensor, generator: torch.Generator) -> Tensor:
        """Return differentiable presets; see `Estimator.soft`."""
        return self.heads.soft(self.encoder(heard, note))

    def sample(
        self, heard: Tensor, note: Tensor, generator: torch.Generator, sampling: Sampling
    ) -> Tensor:
        """Draw presets; see `Estimator.sample`."""
        return self.heads.sample(self.encoder(heard, note), generator, sampling.temperature)

    def answer(self, heard: Tensor, note: Tensor) -> Tensor:
        """Return the best guess; see `Estimator.answer`."""
        return self.heads.answer(self.encoder(heard, note))


class MLP(Regression):
    """Feature perceptron: on all numbers of a spectrogram, or on an embedding.

    Interchangeable parts can be matched as the regressions of Hayes et al. (2025) do; see
    `Flow` for the source.
    """

    name = "mlp"

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        hidden: int = 512,
        layers: int = 3,
        bins: int = 16,
        matching: str = "none",
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            hidden: Width.
            layers: Number of residual blocks.
            bins: Knots of a number's distribution; 1 for regression.
            matching: Order of interchangeable parts in the loss: ``none``, ``sorted`` or
                ``chamfer``.

        Raises:
            SurrogateError: If there are no such parts to match.
        """
        super().__init__(space, shape, Perceptron(shape, hidden, layers), bins, matching)


class CNN(Regression):
    """Residual convolutions on the spectrogram (`ResNet`)."""

    name = "cnn"

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        channels: int = 16,
        stages: int = 4,
        hidden: int = 384,
        bins: int = 16,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            channels: Channels of the first stage; each of the others has twice those before.
            stages: Number of stages.
            hidden: Width of the vector before the heads.
            bins: Knots of a number's distribution; 1 for regression.
        """
        super().__init__(space, shape, ResNet(shape, channels, stages, hidden), bins)


class Transformer(Regression):
    """Transformer on patches of the spectrogram (`SpectrogramTransformer`)."""

    name = "transformer"

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        hidden: int = 128,
        layers: int = 4,
        heads: int = 4,
        patch: int = 8,
        bins: int = 16,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            hidden: Width of a token.
            layers: Number of layers.
            heads: Number of attention heads.
            patch: Bands and frames of a patch.
            bins: Knots of a number's distribution; 1 for regression.
        """
        encoder = SpectrogramTransformer(shape, hidden, layers, heads, patch)
        super().__init__(space, shape, encoder, bins)


class LSTM(Regression):
    """Frames, read in both directions (`BiLSTM`)."""

    name = "lstm"

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        state: int = 192,
        layers: int = 2,
        bins: int = 16,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            state: Size of the state in each direction.
            layers: Number of layers.
            bins: Knots of a number's distribution; 1 for regression.
        """
        super().__init__(space, shape, BiLSTM(shape, state, layers), bins)
