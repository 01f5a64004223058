"""Perceptrons: a plain one, and one with residual blocks."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from patchwright.surrogates.layers import residual_blocks
from patchwright.surrogates.proxies.inputs import OneHot, PiecewiseLinear
from patchwright.surrogates.proxies.proxy import Proxy
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class MLP(Proxy):
    """Multi-layer perceptron on one-hot input.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, `MLP-OH`.
    """

    name = "mlp"

    def __init__(
        self, space: RelaxedSpace, outputs: int, *, hidden: int = 2_048, layers: int = 2
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            hidden: Width of the hidden layers.
            layers: Number of hidden layers.
        """
        super().__init__(space, outputs)
        self.inputs = OneHot(space)
        widths = [self.inputs.width, *[hidden] * layers]
        steps: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            steps += [nn.Linear(before, after), nn.LayerNorm(after), nn.ReLU()]
        self.body = nn.Sequential(*steps, nn.Linear(widths[-1], outputs))

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        features: Tensor = self.body(self.inputs(relaxed, note))
        return features


class ResidualMLP(Proxy):
    """Residual perceptron on piecewise-linear encodings of numbers.

        h <- h + W_2 gelu(W_1 norm(h))    (1)

    Source:
        Y. Gorishniy, I. Rubachev, V. Khrulkov and A. Babenko, Revisiting deep learning models for
        tabular data, NeurIPS 2021, section 3.2 (`ResNet`); encodings as in `PiecewiseLinear`.
    """

    name = "residual_mlp"

    def __init__(
        self,
        space: RelaxedSpace,
        outputs: int,
        *,
        hidden: int = 512,
        blocks: int = 4,
        bins: int = 8,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            hidden: Width of the stream; the blocks are twice as wide.
            blocks: Number of residual blocks.
            bins: Number of piecewise-linear bins of a number.
        """
        super().__init__(space, outputs)
        self.inputs = PiecewiseLinear(space, bins)
        self.first = nn.Linear(self.inputs.width, hidden)
        self.blocks = residual_blocks(hidden, 2 * hidden, blocks)
        self.last = nn.Sequential(nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, outputs))

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        stream = self.first(self.inputs(relaxed, note))
        for block in self.blocks:
            stream = stream + block(stream)
        features: Tensor = self.last(stream)
        return features
