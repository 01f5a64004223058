"""Highway networks: on one-hot input, on tokens, and on tokens read by a recurrent network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from patchwright.surrogates.proxies.inputs import OneHot, Tokens
from patchwright.surrogates.proxies.proxy import Proxy
from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class HighwayStack(nn.Module):
    """Layers that carry a part of their input: `[n, width]` to `[n, width]`.

        h <- g relu(norm(W h)) + (1 - g) h,  g = sigmoid(V h)    (1)

    R. K. Srivastava, K. Greff and J. Schmidhuber, Highway networks, 2015, arXiv:1505.00387,
    equation 3. Gates start mostly closed.

    Args:
        width: Number of units.
        layers: Number of layers.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        linear = [nn.Linear(width, 2 * width) for _ in range(layers)]
        self.layers = nn.ModuleList(linear)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        for layer in linear:
            nn.init.constant_(layer.bias[width:], -1.0)

    def forward(self, h: Tensor) -> Tensor:
        """Apply (1) once a layer."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            new, gate = layer(h).chunk(2, dim=1)
            h = h + torch.sigmoid(gate) * (torch.relu(norm(new)) - h)
        return h


class Highway(Proxy):
    """Highway network on one-hot input.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, `HN-OH`.
    """

    name = "highway"

    def __init__(
        self, space: RelaxedSpace, outputs: int, *, hidden: int = 768, layers: int = 6
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            hidden: Width of the layers.
            layers: Number of highway layers.
        """
        super().__init__(space, outputs)
        self.inputs = OneHot(space)
        self.first = nn.Linear(self.inputs.width, hidden)
        self.body = HighwayStack(hidden, layers)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        features: Tensor = self.last(self.body(self.first(self.inputs(relaxed, note))))
        return features


class TokenHighway(Proxy):
    """Highway network on a token per parameter.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, `HN-PT`.
    """

    name = "token_highway"

    def __init__(
        self,
        space: RelaxedSpace,
        outputs: int,
        *,
        token: int = 64,
        hidden: int = 768,
        layers: int = 5,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            token: Size of a token.
            hidden: Width of the layers.
            layers: Number of highway layers.
        """
        super().__init__(space, outputs)
        self.inputs = Tokens(space, token)
        self.first = nn.Linear(self.inputs.count * token, hidden)
        self.body = HighwayStack(hidden, layers)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        features: Tensor = self.last(self.body(self.first(self.inputs(relaxed, note).flatten(1))))
        return features


class RecurrentHighway(Proxy):
    """Tokens of parameters, read in both directions by a recurrent network, and a highway network.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, `HN-PTGRU`.
    """

    name = "recurrent_highway"

    def __init__(
        self,
        space: RelaxedSpace,
        outputs: int,
        *,
        token: int = 128,
        state: int = 384,
        hidden: int = 768,
        layers: int = 4,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            outputs: Number of outputs.
            token: Size of a token.
            state: Size of the recurrent state, in each direction.
            hidden: Width of the highway layers.
            layers: Number of highway layers.
        """
        super().__init__(space, outputs)
        self.inputs = Tokens(space, token)
        self.reader = nn.GRU(token, state, batch_first=True, bidirectional=True)
        self.first = nn.Linear(2 * state, hidden)
        self.body = HighwayStack(hidden, layers)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features; see `Proxy.forward`."""
        _, states = self.reader(self.inputs(relaxed, note))
        features: Tensor = self.last(self.body(self.first(states.transpose(0, 1).flatten(1))))
        return features
