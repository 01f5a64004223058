"""Changes of spectrograms that recordings have and renders lack; all batched, on powers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_DECIBELS = math.log(10.0) / 10.0  # natural logarithm of a power per decibel
_TILTS = 4  # anchors of an equaliser's curve


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far spectrograms are changed, at most; each change has a strength of its own a sound.

    Attributes:
        share: Share of sounds that are changed.
        level: Level in dB, up or down.
        equaliser: Deviation in dB of a smooth curve over the bands.
        room: Reverberation: seconds of decay by 60 dB.
        noise: Greatest level of a noise floor in dB below the loudest band; 0 for none.
        pitch: Shift in cents, up or down.
        timing: Shift in seconds, later.
    """

    share: float = 0.8
    level: float = 6.0
    equaliser: float = 4.0
    room: float = 0.6
    noise: float = 40.0
    pitch: float = 20.0
    timing: float = 0.02

    def __call__(
        self,
        heard: Tensor,
        generator: torch.Generator,
        *,
        floor: float,
        hop: float,
        bands_per_octave: float,
    ) -> Tensor:
        """Change spectrograms.

        Args:
            heard: Levels in dB, `[n, bands, frames]`.
            generator: Only source of randomness.
            floor: Level of silence in dB.
            hop: Seconds between frames.
            bands_per_octave: Bands in an octave, about; for the shift in pitch.

        Returns:
            Changed levels, of the same shape; a part of the sounds is as it was.
        """
        n = len(heard)
        changed = shifted(
            heard,
            bands=self._spread(self.pitch / 1_200 * bands_per_octave, n, generator),
            frames=self._share(self.timing / hop, n, generator),
            floor=floor,
        )
        curve = equaliser(n, heard.shape[1], self.equaliser, generator)
        changed = louder(changed, curve + self._spread(self.level, n, generator)[:, None], floor)
        if self.room:
            changed = in_room(changed, self._share(self.room, n, generator) / hop, generator, floor)
        if self.noise:
            below = self.noise + 40 * torch.rand(n, generator=generator)
            changed = with_noise(changed, below, generator)
        kept = torch.rand(n, generator=generator) >= self.share
        return torch.where(kept[:, None, None], heard, changed)

    @staticmethod
    def _share(most: float, n: int, generator: torch.Generator) -> Tensor:
        return most * torch.rand(n, generator=generator)

    @staticmethod
    def _spread(most: float, n: int, generator: torch.Generator) -> Tensor:
        return most * (2 * torch.rand(n, generator=generator) - 1)


def shifted(heard: Tensor, *, bands: Tensor, frames: Tensor, floor: float) -> Tensor:
    """Move spectrograms `[n, b, f]` up by parts of a band, and later by parts of a frame.

    Args:
        heard: Levels in dB.
        bands: Bands to move up, `[n]`; negative for down.
        frames: Frames to move later, `[n]`, 0 or more.
        floor: Level in dB of what comes in from outside.
    """
    n, b, f = heard.shape
    up = 2 * bands / max(1, b - 1)
    later = 2 * frames / max(1, f - 1)
    turn = torch.zeros(n, 2, 3)
    turn[:, 0, 0] = turn[:, 1, 1] = 1.0
    turn[:, 0, 2], turn[:, 1, 2] = -later, -up
    grid = functional.affine_grid(turn, [n, 1, b, f], align_corners=True)
    moved = functional.grid_sample(
        (heard - floor)[:, None], grid, mode="bilinear", padding_mode="zeros", align_corners=True
    )
    return moved[:, 0] + floor


def equaliser(n: int, bands: int, deviation: float, generator: torch.Generator) -> Tensor:
    """Draw smooth curves in dB, `[n, bands]`, with a given standard deviation at their anchors."""
    anchors = deviation * torch.randn(n, 1, _TILTS, generator=generator)
    return functional.interpolate(anchors, bands, mode="linear", align_corners=True)[:, 0]


def louder(heard: Tensor, gain: Tensor, floor: float) -> Tensor:
    """Add gains `[n, b]` in dB to what is above the floor of spectrograms `[n, b, f]`."""
    silence = math.exp(floor * _DECIBELS)
    power = (torch.exp(heard * _DECIBELS) - silence).clamp(min=0)
    return _levels(power * torch.exp(gain * _DECIBELS)[..., None] + silence)


def in_room(heard: Tensor, decay: Tensor, generator: torch.Generator, floor: float) -> Tensor:
    """Add a diffuse tail to spectrograms `[n, b, f]`.

    Args:
        heard: Levels in dB.
        decay: Frames in which the tail falls by 60 dB, `[n]`.
        generator: Source of the tails' levels, 6 to 26 dB below the sound.
        floor: Level of silence in dB.
    """
    silence = math.exp(floor * _DECIBELS)
    power = (torch.exp(heard * _DECIBELS) - silence).clamp(min=0)
    frames = power.shape[2]
    wet = torch.exp(-(6 + 20 * torch.rand(len(heard), generator=generator)) * _DECIBELS)
    fall = torch.exp(-60 * _DECIBELS * torch.arange(frames) / decay.clamp(min=0.1)[:, None])
    lag = torch.arange(frames)[None, :] - torch.arange(frames)[:, None]
    tail = torch.where(lag > 0, fall[:, lag.clamp(min=0)], 0.0)  # [n, from, to]
    return _levels(power + wet[:, None, None] * (power @ tail) + silence)


def with_noise(heard: Tensor, below: Tensor, generator: torch.Generator) -> Tensor:
    """Add steady, coloured noise to spectrograms `[n, b, f]`, `below` dB under their peaks."""
    n, bands, _ = heard.shape
    level = heard.amax(dim=(1, 2)) - below
    colour = equaliser(n, bands, 6.0, generator) + level[:, None]
    grain = -torch.rand(heard.shape, generator=generator).clamp(1e-6, 1 - 1e-6).log()
    return _levels(torch.exp(heard * _DECIBELS) + torch.exp(colour * _DECIBELS)[..., None] * grain)


def _levels(power: Tensor) -> Tensor:
    return power.log() / _DECIBELS
