"""A model, bound to a target and its notes: what an assisted search is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives import Target
from patchwright.objectives.signal.features import Features
from patchwright.surrogates.assisted.relaxation import RelaxedGenotypes
from patchwright.surrogates.assisted.representation import Representation
from patchwright.surrogates.assisted.surrogate import Model, Surrogate
from patchwright.surrogates.datasets.card import Card
from patchwright.surrogates.identity import SynthIdentity
from patchwright.surrogates.models.card import ModelCard, ProxyCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.models.projection import Projection
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.synths import Performance, Subspace

_BANDS, _BLOCKS = 48, 12  # of the spectrograms of a search without a model
_MOST_BLOCKS = 24  # of several notes together, unless there are more notes
_DECIBELS = 10.0  # unit of their components


@dataclass(frozen=True, eq=False)
class ModelAtNotes:
    """An ensemble whose presets all play the same notes, each on its own; see `Model`.

    Attributes:
        ensemble: Networks.
        notes: Scaled notes, `[p, 3]`.
    """

    ensemble: Ensemble
    notes: Tensor

    def __call__(self, relaxed: Tensor) -> Tensor:
        """Predict components of all notes by member, `[e, n, p k]`."""
        return torch.cat([self.ensemble(relaxed, note) for note in self.notes], dim=2)

    def in_turn(self, relaxed: Tensor) -> Tensor:
        """Predict components `[n, p k]`, each equal part of the presets by another member."""
        members = self.ensemble.members
        parts = relaxed.tensor_split(min(len(members), max(1, len(relaxed))))
        return torch.cat(
            [
                torch.cat([member(part, note.expand(len(part), -1)) for note in self.notes], dim=1)
                for member, part in zip(members, parts, strict=False)
            ]
        )


@dataclass(frozen=True, eq=False)
class Guide:
    """A model, bound to a target and its notes.

    Attributes:
        subspace: Free parameters of the search.
        space: Columns that the model reads.
        representation: Components of sounds, relative to the target: the residuals of the search.
        model: Function from relaxed presets to components; None if the search has only its renders.
        name: Name of the model, for messages.
        version: Checksum of the model's weights; empty without a model.
    """

    subspace: Subspace
    space: RelaxedSpace
    representation: Representation
    model: Model | None
    name: str = ""
    version: str = ""

    @classmethod
    def of(
        cls,
        model: ProxyModel,
        name: str,
        subspace: Subspace,
        performance: Performance,
        target: Target,
    ) -> Guide:
        """Bind a model to a target.

        Args:
            model: Model that suits the synth and the performance; see `unsuitable`.
            name: Name of the model.
            subspace: Free parameters of the search.
            performance: The note that every candidate plays, or one for each part of the target.
            target: Target.
        """
        notes = [
            (note.pitch, note.velocity, _heard(note.duration, model.card))
            for note in performance.notes
        ]
        return cls(
            subspace,
            model.ensemble.space,
            Representation.of(model.card.features, model.projection, target),
            ModelAtNotes(model.ensemble, scaled_note(np.array(notes))),
            name,
            model.digest,
        )

    @classmethod
    def without_model(cls, subspace: Subspace, target: Target) -> Guide:
        """Prepare a search that learns from its own renders alone.

        Args:
            subspace: Free parameters of the search.
            target: Target.
        """
        longest = max((end - first for first, end in target.parts), default=target.n_samples)
        features = Features.of(sr=target.sr, length=longest / target.sr, bands=_BANDS)
        blocks = max(1, min(_BLOCKS, _MOST_BLOCKS // max(1, len(target.parts))))

        def coarse(audio: Tensor) -> Tensor:
            return functional.adaptive_avg_pool2d(features(audio), (_BANDS, blocks))

        width = _BANDS * blocks
        projection = Projection(torch.zeros(width), torch.eye(width), _DECIBELS, 1.0)
        representation = Representation.of(coarse, projection, target)
        return cls(subspace, RelaxedSpace.of(subspace), representation, None)

    def surrogate(self, *, correct: bool = True) -> Surrogate:
        """Make a surrogate that has not learned anything from the search yet.

        Args:
            correct: Whether renders correct the model.
        """
        genotypes = RelaxedGenotypes(self.subspace, self.space)
        return Surrogate(genotypes, self.representation, self.model, correct=correct)


def unsuitable(
    card: ProxyCard, identity: SynthIdentity, performance: Performance, *, apart: bool = False
) -> str | None:
    """Return why a model does not suit a search, in words that follow "it"; None if it does.

    Args:
        card: Card of the model.
        identity: Synth and lock of the search; it may lock and limit more than the model's.
        performance: Notes that every candidate plays.
        apart: Whether each note is compared on its own.
    """
    if (reason := foreign(card, identity)) is not None:
        return reason
    if card.embedding:
        return f"predicts {card.embedding}, not spectrograms"
    if not apart and (reason := not_single(performance)) is not None:
        return reason
    notes, known = performance.notes, card.notes
    for what, found, values in (
        ("pitches", [note.pitch for note in notes], known.pitch),
        ("velocities", [note.velocity for note in notes], known.velocity),
        ("durations", [_heard(note.duration, card) for note in notes], known.duration),
    ):
        low, high = min(values), max(values)
        for value in found:
            if not low <= value <= high:
                return f"knows {what} from {low:g} to {high:g}, not {value:g}"
    if performance.sr != card.features.sr:
        return f"hears {card.features.sr} Hz, not {performance.sr}"
    return None


def not_single(performance: Performance) -> str | None:
    """Return why a model of single notes does not suit a performance; None if it has one note."""
    if len(performance.notes) != 1 or performance.notes[0].onset > 0:
        return "was made for single notes"
    return None


def foreign(card: ModelCard | Card, identity: SynthIdentity) -> str | None:
    """Return why a model is not of the synth and lock of a search, in words that follow "it"."""
    mine = identity.model_dump(exclude={"locked", "limits"})
    if mine != card.synth.model_dump(exclude={"locked", "limits"}):
        return f"is for {card.synth.name}, or another version of it"
    for name, value in card.synth.locked.items():
        if identity.locked.get(name) != value:
            return f"was made with {name} locked at another value"
    return None


def _heard(duration: float, card: ProxyCard) -> float:
    """Return how long a note sounds held to a model, which hears no more than its own length."""
    return min(duration, card.features.samples / card.features.sr)
