"""Networks from what is heard to one logit a label."""

import torch
from torch import Tensor, nn

_STATISTICS = 1e-3  # least deviation of a feature


class FeatureNetwork(nn.Module):
    """A perceptron on the features, which it standardises.

    Args:
        features: Number of features.
        labels: Number of outputs.
        width: Units of a hidden layer.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int, labels: int, width: int = 256) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.layers = nn.Sequential(
            nn.Dropout(0.1),
            nn.Linear(features, width),
            nn.LayerNorm(width),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(width, width),
            nn.LayerNorm(width),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(width, labels),
        )

    def fit(self, features: Tensor) -> None:
        """Standardise by these features `[n, features]`."""
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0).clamp(min=_STATISTICS))

    def standardised(self, features: Tensor) -> Tensor:
        """Return features in deviations from the mean, at most 5."""
        return ((features - self.mean) / self.deviation).clamp(-5, 5)

    def forward(self, features: Tensor, mel: Tensor) -> Tensor:
        """Return logits `[n, labels]` for features `[n, features]`."""
        logits: Tensor = self.layers(self.standardised(features))
        return logits


class MelNetwork(nn.Module):
    """A small convolutional network on log-mel spectrograms.

    Args:
        labels: Number of outputs.
        width: Channels of the first layer.
    """

    def __init__(self, labels: int, width: int = 16) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        before = 2
        for number in range(4):
            after = width * min(2**number, 4)
            blocks += [
                nn.Conv2d(before, after, 3, padding=1),
                nn.GroupNorm(4, after),
                nn.GELU(),
                nn.MaxPool2d((2, 2) if number % 2 else (2, 1)),
            ]
            before = after
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * before * 4, labels))

    def forward(self, features: Tensor, mel: Tensor) -> Tensor:
        """Return logits `[n, labels]` for spectrograms `[n, bands, frames]` in dB."""
        level = (mel + 60) / 30
        change = mel.diff(dim=2, prepend=mel[:, :, :1]) / 10
        found = self.blocks(torch.stack([level, change], 1))  # [n, channels, 4, frames / 4]
        summary = torch.cat([found.mean(3), found.amax(3)], 1).flatten(1)
        logits: Tensor = self.head(summary)
        return logits


Network = FeatureNetwork | MelNetwork

NETWORKS = ("features", "mel")
"""Kinds of networks of a recogniser; their logits are averaged."""


def build(kind: str, *, features: int, labels: int, seed: int) -> Network:
    """Make a network with random weights.

    Args:
        kind: One of `NETWORKS`.
        features: Number of features.
        labels: Number of outputs.
        seed: Seed of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "features":
            return FeatureNetwork(features, labels)
        return MelNetwork(labels)
