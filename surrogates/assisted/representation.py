"""What a surrogate knows of a sound: components of its spectrogram, relative to the target's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.surrogates.models.projection import Projection

_FRAMES = 32  # of spectrograms that are restored; longer ones have neighbours averaged

SpectrogramOf = Callable[[Tensor], Tensor]
"""Function from audio `[n, c, t]` to spectrograms `[n, b, f]` in dB: b bands, f frames."""


@dataclass(frozen=True, eq=False)
class Representation:
    """Components of spectrograms, relative to those of the target; see `Evaluator.residuals`.

    Attributes:
        spectrogram_of: Front end.
        projection: Components of flattened spectrograms.
        coarse: The same, of spectrograms whose neighbouring frames are averaged.
        shape: Bands and frames of such a coarse spectrogram.
        target: Components of the target, `[k]`.
    """

    spectrogram_of: SpectrogramOf
    projection: Projection
    coarse: Projection
    shape: tuple[int, int]
    target: Tensor

    @classmethod
    def of(
        cls, spectrogram_of: SpectrogramOf, projection: Projection, target: Tensor
    ) -> Representation:
        """Return the representation for a target's audio `[c, t]`."""
        with torch.no_grad():
            spectrogram = spectrogram_of(target[None])
            components = projection.reduce(spectrogram.flatten(1))[0]
        coarse, frames = _averaged(projection, spectrogram.shape[2])
        return cls(spectrogram_of, projection, coarse, (spectrogram.shape[1], frames), components)

    @property
    def width(self) -> int:
        """Number of components, `k`."""
        return self.projection.components

    def __call__(self, audio: NDArray[np.float32]) -> NDArray[np.float16]:
        """Return residuals `[n, k]` of sounds `[n, c, t]`; NaN for sounds that are not finite.

        A sound's residuals have the same bits in any batch: each is transformed alone.
        """
        found = np.empty((len(audio), self.width), np.float16)
        with torch.no_grad():
            for row, sound in enumerate(torch.from_numpy(np.require(audio, requirements="W"))):
                spectrogram = self.spectrogram_of(sound[None].clone())
                components = self.projection.reduce(spectrogram.flatten(1))[0]
                found[row] = (components - self.target).numpy()
        return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.float16(np.nan))

    def spectrograms(self, components: Tensor) -> Tensor:
        """Return coarse spectrograms `[n, b, f]` in dB of components `[n, k]`."""
        return self.coarse.restore(components).reshape(-1, *self.shape)


def _averaged(projection: Projection, frames: int) -> tuple[Projection, int]:
    """Average neighbouring frames of what a projection restores, as it is linear in them.

    Returns:
        The projection, which only restores, and its number of frames.
    """
    width = max(1, frames // _FRAMES + (frames % _FRAMES > 0))
    groups = -(-frames // width)
    member = torch.arange(frames) // width
    average = functional.one_hot(member, groups).float()
    average = average / average.sum(0)

    def averaged(rows: Tensor) -> Tensor:
        return (rows.reshape(len(rows), -1, frames) @ average).flatten(1)

    coarse = replace(
        projection,
        mean=averaged(projection.mean[None])[0],
        basis=averaged(projection.basis),
    )
    return coarse, groups
