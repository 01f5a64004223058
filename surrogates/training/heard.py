"""Examples that estimators learn from: renders with their presets, and recordings without."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.estimators.augmentation import Augmentation
from patchwright.surrogates.estimators.hearing import Scale
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.training.examples import Columns, rows_of_step
from patchwright.synths.parameters import Array


@dataclass(frozen=True, eq=False)
class Recordings:
    """Recorded notes, which have no parameters.

    Attributes:
        features: Log-mel spectrograms by the dataset's front end, `[n, bands, frames]` in dB.
        notes: Pitch, velocity and duration, `[n, 3]`.
    """

    features: Tensor
    notes: Array

    @property
    def sha256(self) -> str:
        """Checksum of the recordings and their notes."""
        content = self.features.numpy().tobytes() + self.notes.tobytes()
        return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, eq=False)
class HeardExamples(Columns):
    """Sounds, notes and presets.

    Attributes:
        heard: Scaled spectrograms, changed as recordings are, `[n, b, f]`.
        plain: Spectrograms in dB as they were, `[n, b, f]`, for the perceptual loss.
        note: Scaled notes, `[n, 3]`.
        relaxed: Relaxed presets, `[n, w]`; zeros where unknown.
        known: Whether the preset is known, `[n]`.
    """

    heard: Tensor
    plain: Tensor
    note: Tensor
    relaxed: Tensor
    known: Tensor


@dataclass(frozen=True, eq=False)
class HeardSource:
    """Batches of renders, and of recordings, in a new order every epoch; see `training.Source`.

    Attributes:
        space: Columns of presets.
        features: Spectrograms in dB or embeddings, `[n, b, f]`, of any floating type.
        note: Scaled notes, `[n, 3]`.
        values: Values of the presets' free parameters, `[n, d]`.
        scale: Scale of what is heard.
        front: Front end of the spectrograms; None for embeddings, which are not changed.
        augmentation: Changes of what is heard; None for none.
        recordings: Recordings to mix in; None for none.
        mixed: Share of recordings in a batch.
        size: Number of examples in a batch.
        seed: Seed of the order and of the changes.
    """

    space: RelaxedSpace
    features: Tensor
    note: Tensor
    values: Array
    scale: Scale
    front: Features | None
    augmentation: Augmentation | None
    recordings: Recordings | None
    mixed: float
    size: int
    seed: int

    def batch(self, step: int) -> HeardExamples:
        """Return the batch of a step, from 0."""
        count = 0 if self.recordings is None else max(1, round(self.mixed * self.size))
        parts = []
        if count < self.size:
            rows = rows_of_step(step, len(self.values), self.size - count, self.seed)
            parts.append(self._renders(rows, step))
        if self.recordings is not None:
            rng = np.random.default_rng((self.seed, step, 1))
            parts.append(self._recorded(rng.integers(len(self.recordings.notes), size=count), step))
        return HeardExamples.joined(parts)

    def plain(self) -> HeardExamples:
        """Return all renders as they are, in their order."""
        features = self.features.float()
        known = torch.ones(len(features), dtype=torch.bool)
        relaxed = self.space.relax(self.values)
        return HeardExamples(self.scale(features), features, self.note, relaxed, known)

    def _renders(self, rows: np.ndarray, step: int) -> HeardExamples:
        picked = torch.from_numpy(rows)
        plain = self.features[picked].float()
        known = torch.ones(len(rows), dtype=torch.bool)
        heard = self.scale(self._changed(plain, step))
        relaxed = self.space.relax(self.values[rows])
        return HeardExamples(heard, plain, self.note[picked], relaxed, known)

    def _recorded(self, rows: np.ndarray, step: int) -> HeardExamples:
        assert self.recordings is not None  # noqa: S101 - its caller checks it
        plain = self.recordings.features[torch.from_numpy(rows)].float()
        note = scaled_note(self.recordings.notes[rows])
        nothing = torch.zeros(len(rows), self.space.width)
        known = torch.zeros(len(rows), dtype=torch.bool)
        heard = self.scale(self._changed(plain, step))
        return HeardExamples(heard, plain, note, nothing, known)

    def _changed(self, plain: Tensor, step: int) -> Tensor:
        if self.augmentation is None or self.front is None:
            return plain
        generator = torch.Generator().manual_seed(
            int(np.random.default_rng((self.seed, step, 2)).integers(2**62))
        )
        front = self.front
        return self.augmentation(
            plain,
            generator,
            floor=front.floor,
            hop=front.hop / front.sr,
            bands_per_octave=front.bands / 7,  # of most of the range; below 1 kHz it is fewer
        )
