"""The distance between embeddings of two sounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from patchwright.objectives.embeddings import Embedding, load_embedding
from patchwright.objectives.embeddings.clap import CLAP
from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target


class EmbeddingDistance:
    """Distance between embeddings of two sounds, by default between `mel_stats`.

        l1:      D = mean |e(X) - e(Y)|
        cosine:  D = 1 - <e(X), e(Y)> / (||e(X)|| ||e(Y)||)

    e is the embedding. `l1` is in the embedding's unit (dB for the hand-crafted ones). `cosine` is
    from 0 to 2, and a vector of zeros is at 1 from every other. With `resolved`, frames of both
    sounds at the same time are compared and the mean is taken; otherwise each sound is one vector.
    Differentiable where the embedding is. Level counts in `mel_stats`.

    Blind to: whatever the embedding is blind to, as its docstring states; timing, unless
    `resolved`; the length of vectors, with `cosine`.

    With `text`, the cosine distance of each sound to those words instead of to the target, by a
    model of sounds and sentences (CLAP). This is rough: it orders kinds of sounds rather than
    presets of one kind, no sound is at 0, and the target does not count; use it beside distances to
    a target.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, for the distance (L1) and the embeddings.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> objective = EmbeddingDistance("mel_stats", distance="l1")
        >>> ObjectiveSet([objective], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[3.01]])

        6.02 dB in the means, 0 in the standard deviations.
    """

    name = "embedding"

    def __init__(
        self,
        embedding: str | Embedding = "mel_stats",
        *,
        distance: Literal["l1", "cosine"] = "l1",
        resolved: bool = False,
        text: str | None = None,
        sr: int | None = None,
        samples: int | None = None,
        time_axis: int | None = None,
    ) -> None:
        """Choose an embedding and the distance between its vectors.

        Args:
            embedding: Embedding, or its name or path as for `load_embedding`.
            distance: Distance between vectors.
            resolved: Whether to compare frame by frame rather than whole sounds.
            text: Words that the sound shall resemble, such as ``warm pad``, instead of the target;
                with an embedding of sounds and sentences, by `cosine`.
            sr: Sample rate of an ONNX or TorchScript model, in Hz.
            samples: Input length of such a model in samples, if trying does not show it.
            time_axis: Axis of time in the output of such a model, if trying does not show it.

        Raises:
            ObjectiveError: There is no such distance or embedding, or the model cannot be loaded.
        """
        if text is not None and (resolved or not text.strip()):
            raise ObjectiveError(
                "text is compared with whole sounds: give words, such as 'warm pad', and leave "
                "resolved out."
            )
        if distance not in _DISTANCES:
            raise ObjectiveError(
                f"There is no distance {distance!r} between embeddings: choose "
                f"{' or '.join(_DISTANCES)}."
            )
        options = {"sr": sr, "samples": samples, "time_axis": time_axis}
        given = {name: value for name, value in options.items() if value is not None}
        if isinstance(embedding, str):
            embedding = load_embedding(embedding, **given)
        elif given:
            raise ObjectiveError(
                f"{', '.join(given)} cannot change an embedding that is already loaded: "
                "leave it out, or give the embedding's name or path."
            )
        self.embedding = embedding
        self.distance = distance if text is None else "cosine"
        self.text = None if text is None else _embed_text(embedding, text)
        self.resolved = resolved

    def prepare(self, target: Target) -> PreparedEmbedding:
        """Embed the target; with a text, the text is the target.

        Raises:
            ObjectiveError: The embedding does not accept this length or sample rate.
        """
        if self.text is not None:
            return PreparedEmbedding(
                self.embedding.embed, _DISTANCES[self.distance], self.text.to(target.audio.device)
            )
        vectors = self.embedding.frames if self.resolved else self.embedding.embed
        return PreparedEmbedding(
            vectors, _DISTANCES[self.distance], vectors(target_spectra(target))[0]
        )


@dataclass(frozen=True, eq=False)
class PreparedEmbedding:
    """The vectors of a target.

    Attributes:
        vectors: Function from sounds `[n, c, t]` to vectors `[n, e]` or `[n, frames, e]`.
        distance: Function from vectors `[n, ..., e]` and those of the target to `[n, ...]`.
        target: Vector of the target, `[e]` or `[frames, e]`.
    """

    vectors: Callable[[Spectra], Tensor]
    distance: Callable[[Tensor, Tensor], Tensor]
    target: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        distances = self.distance(self.vectors(candidates), self.target)
        return distances.reshape(len(distances), -1).mean(1)


def _embed_text(embedding: Embedding, text: str) -> Tensor:
    """Return the vector `[e]` of a text.

    Raises:
        ObjectiveError: The embedding has none, or the words cannot be read.
    """
    if not isinstance(embedding, CLAP):
        raise ObjectiveError(
            f"The embedding {embedding.name} knows no words: give clap:FOLDER, a CLAP model, with "
            "text."
        )
    return embedding.embed_text(text)


def _l1(vectors: Tensor, target: Tensor) -> Tensor:
    """Return mean absolute differences `[...]` of vectors `[..., e]`."""
    return (vectors - target).abs().mean(-1)


def _cosine(vectors: Tensor, target: Tensor) -> Tensor:
    """Return 1 minus the cosine similarity `[...]` of vectors `[..., e]`.

    Computed as half the squared distance of the unit vectors, which is exactly 0 for equal ones.
    """
    units, target_units = _units(vectors), _units(target)
    one_is_zero = (units.any(-1) != target_units.any(-1)).to(vectors.dtype)
    return 0.5 * ((units - target_units).square().sum(-1) + one_is_zero)


def _units(vectors: Tensor) -> Tensor:
    """Scale vectors `[..., e]` to unit length; zeros stay zeros."""
    length: Tensor = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    return vectors / torch.where(length > 0, length, 1.0)


_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": _l1, "cosine": _cosine}
