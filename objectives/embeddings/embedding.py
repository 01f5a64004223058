"""What an embedding is: sounds become vectors, near each other where the sounds are alike."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from patchwright.objectives.signal.spectra import Spectra


@runtime_checkable
class Embedding(Protocol):
    """Turns sounds into vectors.

    Channels are mixed to mono before, or their features averaged: a vector belongs to a sound.

    Attributes:
        name: The key in YAML and in reports; for a model from a file, made of the file's name.
    """

    name: str

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed moments of each sound, in the order of time.

        Args:
            sounds: A batch `[n, c, t]`; spectrograms are asked of it, so that they are shared.

        Returns:
            Vectors `[n, frames, e]`, as many frames for each sound of a length; float32 from
            models, otherwise of the samples' number type. Differentiable in the samples where the
            embedding is.

        Raises:
            ObjectiveError: The sounds are too short, their sample rate cannot be used, or a
                gradient is asked of a model that has none.
        """
        ...

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed each sound as a whole.

        Args:
            sounds: A batch `[n, c, t]`.

        Returns:
            Vectors `[n, e]`; `e` may differ from that of `frames`.

        Raises:
            ObjectiveError: As `frames` raises it.
        """
        ...
