"""The protocol of embeddings: vectors of sounds, close to each other for similar sounds."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from patchwright.objectives.signal.spectra import Spectra


@runtime_checkable
class Embedding(Protocol):
    """A function from sounds to vectors.

    Channels are mixed to mono first, or their features are averaged.

    Attributes:
        name: Key in YAML and in reports; for a model from a file, derived from the file's name.
    """

    name: str

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed successive frames of each sound.

        Args:
            sounds: Batch `[n, c, t]`; take spectrograms from it, so that they are shared.

        Returns:
            Vectors `[n, frames, e]`, with the number of frames a function of the length; float32
            from models, otherwise with the samples' dtype. Differentiable in the samples where the
            embedding is.

        Raises:
            ObjectiveError: The sounds are too short, their sample rate is not supported, or the
                model has no gradient and one is needed.
        """
        ...

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed each sound as a whole.

        Args:
            sounds: Batch `[n, c, t]`.

        Returns:
            Vectors `[n, e]`; `e` may differ from that of `frames`.

        Raises:
            ObjectiveError: As for `frames`.
        """
        ...
