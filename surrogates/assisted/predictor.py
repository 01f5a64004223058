"""Where a search gets predicted presets from: an estimator, or a dataset, bound to a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.surrogates.assisted.guide import foreign, not_single
from patchwright.surrogates.assisted.relaxation import RelaxedGenotypes
from patchwright.surrogates.estimators import Sampling
from patchwright.surrogates.identity import SynthIdentity
from patchwright.surrogates.models.card import EstimatorCard
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.synths import Note, Performance, Subspace
from patchwright.synths.parameters import Array

_CHUNK = 64  # presets that are drawn at once


class Predictor(Protocol):
    """A source of presets for one target and its note.

    Attributes:
        name: Name of the model or the dataset, for messages.
        version: Checksum of its files.
    """

    @property
    def name(self) -> str:
        """Name, for messages."""
        ...

    @property
    def version(self) -> str:
        """Checksum."""
        ...

    def propose(self, first: int, n: int, rng: np.random.Generator, sampling: Sampling) -> Array:
        """Propose presets.

        Args:
            first: Number of presets that were proposed before.
            n: Number of presets.
            rng: Only source of randomness.
            sampling: How they are drawn, if they are.

        Returns:
            Genotypes, `[n, d]` or fewer if there are no more, within the search's locks and limits;
            with `first` 0, the best guess comes first.
        """
        ...


@dataclass(frozen=True, eq=False)
class Ear:
    """An estimator, bound to a target and its note.

    Attributes:
        genotypes: Free parameters of the search among the columns of the estimator.
        model: Estimator.
        heard: What it hears of the target, `[1, b, f]`.
        note: Scaled note, `[1, 3]`.
        name: Name of the model, for messages.
    """

    genotypes: RelaxedGenotypes
    model: EstimatorModel
    heard: Tensor
    note: Tensor
    name: str = ""

    @property
    def version(self) -> str:
        """Checksum of the model's weights."""
        return self.model.digest

    @classmethod
    def of(
        cls,
        model: EstimatorModel,
        name: str,
        subspace: Subspace,
        performance: Performance,
        target: NDArray[np.float32],
    ) -> Ear:
        """Bind an estimator to a target.

        Args:
            model: Estimator that suits the synth and the pitch; see `unsuitable_estimator`.
            name: Name of the model.
            subspace: Free parameters of the search.
            performance: The one note, or the dry sound, that every candidate plays.
            target: Audio of the target, `[c, t]`, at any sample rate; the estimator hears its
                beginning, as long as the sounds that it was trained on.

        Raises:
            ObjectiveError: If the embedding that it hears by cannot be loaded.
        """
        genotypes = RelaxedGenotypes(subspace, model.network.space)
        note = _known(performance, model.card)
        audio = resampled(target, performance.sr, model.card.features.sr)
        return cls(genotypes, model, model.hear(_front(model.card, audio)), note, name)

    def propose(self, first: int, n: int, rng: np.random.Generator, sampling: Sampling) -> Array:
        """Propose the best guess and samples; see `Predictor.propose`."""
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        network, drawn = self.model.network, []
        with torch.no_grad():
            if not first:
                drawn.append(network.answer(self.heard, self.note))
            for start in range(len(drawn), n, _CHUNK):
                size = min(_CHUNK, n - start)
                heard, note = self.heard.expand(size, -1, -1), self.note.expand(size, -1)
                drawn.append(network.sample(heard, note, generator, sampling))
        return self.genotypes.genotypes(torch.cat(drawn)[:n])


def unsuitable_estimator(
    card: EstimatorCard, identity: SynthIdentity, performance: Performance
) -> str | None:
    """Return why an estimator does not suit a search, in words that follow "it"; None if it does.

    Velocities and durations that it does not know are taken for the nearest that it knows, as what
    it proposes is rendered with the real ones.

    Args:
        card: Card of the estimator.
        identity: Synth and lock of the search; it may lock and limit more than the estimator's.
        performance: Notes, or the dry sound, that every candidate plays.
    """
    if (reason := foreign(card, identity)) is not None or performance.dry is not None:
        return reason
    if (reason := not_single(performance)) is not None:
        return reason
    pitch, known = performance.notes[0].pitch, card.notes.pitch
    if not min(known) <= pitch <= max(known):
        return f"knows pitches from {min(known)} to {max(known)}, not {pitch}"
    return None


def resampled(audio: NDArray[np.float32], sr: int, new: int) -> Tensor:
    """Resample audio `[c, t]`, and return it as `[1, c, t]`."""
    if sr != new:
        import soxr

        audio = soxr.resample(audio.T, sr, new).T
    return torch.from_numpy(np.array(audio, np.float32))[None]


def _front(card: EstimatorCard, audio: Tensor) -> Tensor:
    """Return what an estimator hears of a sound `[1, c, t]`, unscaled, `[1, b, f]`."""
    with torch.no_grad():
        if not card.embedding:
            return card.features(audio)
        from patchwright.objectives.embeddings import load_embedding
        from patchwright.objectives.signal.spectra import Spectra

        sound = audio[..., : card.features.samples]
        missing = card.features.samples - sound.shape[-1]
        sound = torch.nn.functional.pad(sound, (0, missing))
        embedded = load_embedding(card.embedding).embed(Spectra(sound, card.features.sr))
        return embedded[:, :, None].float()


def _known(performance: Performance, card: EstimatorCard) -> Tensor:
    """Scale a note, with the nearest velocity and duration that an estimator knows: `[1, 3]`.

    Of a dry sound it is the note that datasets of effects have in all rows.
    """
    known = card.notes
    note = Note(pitch=known.pitch[0], velocity=known.velocity[0], duration=known.duration[0])
    note = (*performance.notes, note)[0]
    velocity = min(max(note.velocity, min(card.notes.velocity)), max(card.notes.velocity))
    duration = min(max(note.duration, min(card.notes.duration)), max(card.notes.duration))
    return scaled_note(np.array([[note.pitch, velocity, duration]]))
