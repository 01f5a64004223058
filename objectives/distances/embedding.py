"""The distance between embeddings: any that was made by hand, and any that a model gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from patchwright.objectives.embeddings import Embedding, load_embedding
from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target


class EmbeddingDistance:
    """Distance of two sounds' embeddings: vectors that are near where the sounds are alike.

    `l1` is the mean absolute difference, in the embedding's own unit (dB for those made by hand);
    `cosine` is 1 minus the cosine similarity, from 0 to 2, and a vector of zeros is at right
    angles to every other. `resolved` compares the frames of both sounds, each with the one at the
    same time, and takes the mean; otherwise each sound is one vector. Differentiable where the
    embedding is.

    Blind to what the embedding is blind to (each says it); unless `resolved`, also to when things
    happen. `cosine` is blind to the vectors' length too. As it comes, it takes `mel_stats`: mean
    and standard deviation of a log mel spectrogram over time.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, for the distance (L1) and the embeddings.
    """

    name = "embedding"

    def __init__(
        self,
        embedding: str | Embedding = "mel_stats",
        *,
        distance: Literal["l1", "cosine"] = "l1",
        resolved: bool = False,
        sr: int | None = None,
        samples: int | None = None,
        time_axis: int | None = None,
    ) -> None:
        """Choose an embedding and how its vectors are compared.

        Args:
            embedding: The embedding, or what `load_embedding` makes it from.
            distance: How vectors are compared.
            resolved: Compare moment by moment rather than the sounds as wholes.
            sr: The sample rate that a model from a file of any kind wants, in Hz.
            samples: How many samples such a model takes, where it cannot be found by trying.
            time_axis: Which axis of its output is time, where it cannot be found by trying.

        Raises:
            ObjectiveError: There is no such distance or embedding, or its model cannot be loaded.
        """
        if distance not in _DISTANCES:
            raise ObjectiveError(
                f"Embeddings are not compared by {distance!r}: choose {' or '.join(_DISTANCES)}."
            )
        options = {"sr": sr, "samples": samples, "time_axis": time_axis}
        given = {name: value for name, value in options.items() if value is not None}
        if isinstance(embedding, str):
            embedding = load_embedding(embedding, **given)
        elif given:
            raise ObjectiveError(
                f"{', '.join(given)} cannot change an embedding that is made already: "
                "leave it out, or name the embedding by a text."
            )
        self.embedding = embedding
        self.distance = distance
        self.resolved = resolved

    def prepare(self, target: Target) -> PreparedEmbedding:
        """Keep the target's vectors.

        Raises:
            ObjectiveError: The embedding cannot take a sound of this length or sample rate.
        """
        vectors = self.embedding.frames if self.resolved else self.embedding.embed
        return PreparedEmbedding(
            vectors, _DISTANCES[self.distance], vectors(target_spectra(target))[0]
        )


@dataclass(frozen=True, eq=False)
class PreparedEmbedding:
    """A target's vector `[e]` or vectors `[frames, e]`, and how others are made and compared."""

    vectors: Callable[[Spectra], Tensor]
    distance: Callable[[Tensor, Tensor], Tensor]
    target: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        distances = self.distance(self.vectors(candidates), self.target)
        return distances.reshape(len(distances), -1).mean(1)


def _l1(vectors: Tensor, target: Tensor) -> Tensor:
    """Mean absolute differences `[...]` of vectors `[..., e]`."""
    return (vectors - target).abs().mean(-1)


def _cosine(vectors: Tensor, target: Tensor) -> Tensor:
    """1 minus the cosine similarity `[...]` of vectors `[..., e]`.

    Half the squared distance of the unit vectors: so it is 0, not nearly, for equal ones.
    """
    units, target_units = _units(vectors), _units(target)
    one_is_zero = (units.any(-1) != target_units.any(-1)).to(vectors.dtype)
    return 0.5 * ((units - target_units).square().sum(-1) + one_is_zero)


def _units(vectors: Tensor) -> Tensor:
    """Vectors `[..., e]` at unit length; zeros stay zeros."""
    length: Tensor = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    return vectors / torch.where(length > 0, length, 1.0)


_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": _l1, "cosine": _cosine}
