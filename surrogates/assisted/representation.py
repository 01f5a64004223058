"""What a surrogate knows of a sound: components of its spectrograms, relative to the target's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.objectives import Target
from patchwright.surrogates.models.projection import Projection

_FRAMES = 32  # of spectrograms that are restored; longer ones have neighbours averaged

SpectrogramOf = Callable[[Tensor], Tensor]
"""Function from audio `[n, c, t]` to spectrograms `[n, b, f]` in dB: b bands, f frames."""


@dataclass(frozen=True, eq=False)
class Representation:
    """Components of spectrograms, relative to those of the target; see `Evaluator.residuals`.

    A target of several notes, each compared on its own, has components of each, one after another.

    Attributes:
        spectrogram_of: Front end.
        spans: Samples of each of the p notes, first and end.
        projection: Components of the flattened spectrogram of a note.
        coarse: The same, of spectrograms whose neighbouring frames are averaged.
        shape: Bands and frames of such a coarse spectrogram.
        target: Components of the target, `[p k]`.
    """

    spectrogram_of: SpectrogramOf
    spans: tuple[tuple[int, int], ...]
    projection: Projection
    coarse: Projection
    shape: tuple[int, int]
    target: Tensor

    @classmethod
    def of(
        cls, spectrogram_of: SpectrogramOf, projection: Projection, target: Target
    ) -> Representation:
        """Return the representation for a target."""
        spans = target.parts or ((0, target.n_samples),)
        with torch.no_grad():
            found = [spectrogram_of(target.audio[None, :, first:end]) for first, end in spans]
            components = torch.cat([projection.reduce(each.flatten(1))[0] for each in found])
        coarse, frames = _averaged(projection, found[0].shape[2])
        shape = found[0].shape[1], frames
        return cls(spectrogram_of, spans, projection, coarse, shape, components)

    @property
    def width(self) -> int:
        """Number of components of all notes, `p k`."""
        return len(self.spans) * self.projection.components

    def __call__(self, audio: NDArray[np.float32]) -> NDArray[np.float16]:
        """Return residuals `[n, p k]` of sounds `[n, c, t]`; NaN for sounds that are not finite.

        A sound's residuals have the same bits in any batch: each is transformed alone.
        """
        k = self.projection.components
        found = np.empty((len(audio), self.width), np.float16)
        with torch.no_grad():
            for row, sound in enumerate(torch.from_numpy(np.require(audio, requirements="W"))):
                for part, (first, end) in enumerate(self.spans):
                    spectrogram = self.spectrogram_of(sound[None, :, first:end].clone())
                    components = self.projection.reduce(spectrogram.flatten(1))[0]
                    own = slice(part * k, (part + 1) * k)
                    found[row, own] = (components - self.target[own]).numpy()
        return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.float16(np.nan))

    def spectrograms(self, components: Tensor) -> Tensor:
        """Return coarse spectrograms `[n, p, b, f]` in dB of components `[n, p k]`."""
        notes = components.reshape(-1, self.projection.components)
        return self.coarse.restore(notes).reshape(-1, len(self.spans), *self.shape)


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
