"""A transformer that reads a token per parameter."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from patchwright.surrogates.layers import attention_layers
from patchwright.surrogates.proxies.inputs import Tokens
from patchwright.surrogates.proxies.proxy import Proxy
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class Transformer(Proxy):
    """Transformer encoder with a class token, whose last state predicts the features.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, `TFM`; layers normalise first (R. Xiong et al., 2020, arXiv:2002.04745).
    """

    name = "transformer"

    def __init__(
        self,
        space: RelaxedSpace,
        outputs: int,
        *,
        token: int = 256,
        heads: int = 8,
        layers: int = 6,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            token: Size of a token.
            heads: Number of attention heads.
            layers: Number of layers.
        """
        super().__init__(space, outputs)
        self.inputs = Tokens(space, token)
        self.summary = nn.Parameter(0.02 * torch.randn(token))
        self.body = attention_layers(token, heads, 4 * token, layers)
        self.last = nn.Sequential(nn.LayerNorm(token), nn.Linear(token, outputs))

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        tokens = self.inputs(relaxed, note)
        summary = self.summary.expand(len(tokens), 1, -1)
        features: Tensor = self.last(self.body(torch.cat([summary, tokens], dim=1))[:, 0])
        return features
