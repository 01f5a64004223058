"""MobileNetV3-Large for spectrograms, with EfficientAT's module names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class _Block:
    """A row of table 1 in the MobileNetV3 paper, at width 1."""

    kernel: int
    expanded: int
    out: int
    excited: bool
    activation: type[nn.Module]
    stride: int


_BLOCKS = (
    _Block(3, 16, 16, False, nn.ReLU, 1),
    _Block(3, 64, 24, False, nn.ReLU, 2),
    _Block(3, 72, 24, False, nn.ReLU, 1),
    _Block(5, 72, 40, True, nn.ReLU, 2),
    _Block(5, 120, 40, True, nn.ReLU, 1),
    _Block(5, 120, 40, True, nn.ReLU, 1),
    _Block(3, 240, 80, False, nn.Hardswish, 2),
    _Block(3, 200, 80, False, nn.Hardswish, 1),
    _Block(3, 184, 80, False, nn.Hardswish, 1),
    _Block(3, 184, 80, False, nn.Hardswish, 1),
    _Block(3, 480, 112, True, nn.Hardswish, 1),
    _Block(3, 672, 112, True, nn.Hardswish, 1),
    _Block(5, 672, 160, True, nn.Hardswish, 2),
    _Block(5, 960, 160, True, nn.Hardswish, 1),
    _Block(5, 960, 160, True, nn.Hardswish, 1),
)
_FIRST_CHANNELS = 16
_HIDDEN = 1280
_SQUEEZE = 4
LAST_CHANNELS = _BLOCKS[-1].out
"""Output channels of the last block at width 1, from which a file's width is computed."""


class MobileNet(nn.Module):
    """MobileNetV3-Large with squeeze-excitation of channels and one input channel.

    Args:
        width: Factor of all numbers of channels, which are then rounded to multiples of 8.
        n_classes: Outputs of the classifier, which exists only to load its weights.

    Source:
        A. Howard et al., Searching for MobileNetV3, 2019; `MN` in fschmid56/EfficientAT (MIT).
    """

    def __init__(self, *, width: float, n_classes: int) -> None:
        super().__init__()
        channels = make_divisible(_FIRST_CHANNELS * width)
        layers: list[nn.Module] = [convolution(1, channels, 3, 2, activation=nn.Hardswish)]
        for block in _BLOCKS:
            layers.append(InvertedResidual(block, channels, width))
            channels = make_divisible(block.out * width)
        layers.append(convolution(channels, 6 * channels, 1, activation=nn.Hardswish))
        self.features = nn.Sequential(*layers)
        hidden = make_divisible(_HIDDEN * width)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(6 * channels, hidden),
            nn.Hardswish(),
            nn.Dropout(0.2),
            nn.Linear(hidden, n_classes),
        )

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Compute features.

        Args:
            spectrograms: Spectrograms `[n, 1, bands, frames]`.

        Returns:
            Features `[n, 960 * width, bands / 32, frames / 32]`, sizes rounded up.
        """
        features: Tensor = self.features(spectrograms)
        return features


class InvertedResidual(nn.Module):
    """Inverted residual block: expansion, depthwise convolution, projection, residual."""

    def __init__(self, block: _Block, channels: int, width: float) -> None:
        super().__init__()
        expanded, out = make_divisible(block.expanded * width), make_divisible(block.out * width)
        self.residual = block.stride == 1 and channels == out
        layers: list[nn.Module] = []
        if expanded != channels:
            layers.append(convolution(channels, expanded, 1, activation=block.activation))
        layers.append(
            convolution(
                expanded,
                expanded,
                block.kernel,
                block.stride,
                groups=expanded,
                activation=block.activation,
            )
        )
        if block.excited:
            layers.append(ConcurrentExcitation(expanded))
        layers.append(convolution(expanded, out, 1, activation=None))
        self.block = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Map features `[n, channels, f, t]` to `[n, out, f / stride, t / stride]`."""
        result: Tensor = self.block(features)
        return features + result if self.residual else result


class ConcurrentExcitation(nn.Module):
    """List of squeeze-excitations; every published model has one, over channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conc_se_layers = nn.ModuleList([SqueezeExcitation(channels)])

    def forward(self, features: Tensor) -> Tensor:
        """Scale features `[n, channels, f, t]`; same shape."""
        scaled: Tensor = self.conc_se_layers[0](features)
        return scaled


class SqueezeExcitation(nn.Module):
    """Squeeze-and-excitation: weights of channels from the means of all channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = make_divisible(channels // _SQUEEZE)
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Scale features `[n, channels, f, t]`; same shape."""
        weights = torch.sigmoid(self.fc2(torch.relu(self.fc1(features.mean((2, 3))))))
        return features * weights[:, :, None, None]


def convolution(
    channels: int,
    out: int,
    kernel: int,
    stride: int = 1,
    *,
    groups: int = 1,
    activation: type[nn.Module] | None,
) -> nn.Sequential:
    """Return a padded convolution, batch normalisation and activation."""
    layers: list[nn.Module] = [
        nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=0.001),
    ]
    if activation is not None:
        layers.append(activation())
    return nn.Sequential(*layers)


def make_divisible(channels: float) -> int:
    """Round a number of channels to a multiple of 8, at least 8 and 90 % of it."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
