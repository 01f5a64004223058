"""What a dataset is made of, and the presets and notes of each of its blocks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.dry import DrySounds
from patchwright.surrogates.datasets.notes import NoteSet, performance_of
from patchwright.surrogates.datasets.sources import FromPrior, Source
from patchwright.surrogates.errors import SurrogateError
from patchwright.synths import Performance, Subspace
from patchwright.synths.parameters import Array

BLOCK = 64
"""Presets that are drawn together, and rendered by one worker."""

GIVEN = -1
"""Number that stands for presets that were given, in place of that of a source."""


class Gate(BaseModel):
    """What is done about presets that are hardly heard.

    Attributes:
        loudness: Loudness in LUFS (`max_momentary`) that one of a preset's notes must reach; all
            sounds pass at -70.
        redraws: Number of times that a preset which fails, or is too quiet, is drawn anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    loudness: float = Field(default=-60.0, ge=-70, le=0)
    redraws: int = Field(default=4, ge=0, le=100)


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """What a dataset is made of.

    Presets that were given come first; the others are drawn from the sources. The presets of block
    `b` depend only on the seed and `b`, so that blocks can be rendered in any order and by any
    number of workers.

    Attributes:
        subspace: Free parameters.
        presets: Number of presets to draw.
        sources: Sources, with the relative number of presets from each.
        given: Presets to render as they are, as values `[m, P]`.
        notes: Notes that the presets play.
        dry: Dry sounds that presets of effects play instead; None for instruments.
        features: Front end of the sounds, with their length and sample rate.
        length: Length of the sounds in seconds.
        embeddings: Options of further embeddings, by name; see `load_embedding`.
        audio: Whether to keep the audio.
        gate: What is done about presets that are hardly heard.
        seed: Seed of every random choice, from 0.

    Raises:
        SurrogateError: If there is nothing to render, or a number is out of range.
    """

    subspace: Subspace
    presets: int
    features: Features
    length: float
    sources: tuple[tuple[Source, float], ...] = ((FromPrior(), 1.0),)
    given: Array | None = None
    notes: NoteSet = field(default_factory=NoteSet)
    dry: DrySounds | None = None
    embeddings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    audio: bool = False
    gate: Gate = field(default_factory=Gate)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.presets < 0 or self.total == 0:
            raise SurrogateError(f"A dataset of {self.presets} presets is empty: give at least 1.")
        if self.dry is not None and self.notes.per_preset > 1:
            raise SurrogateError("A preset of effects plays one dry sound: leave the notes out.")
        if self.presets and not self.sources:
            raise SurrogateError("Presets are drawn from sources: name one, such as prior.")
        weights = [weight for _, weight in self.sources]
        if any(not 0.0 < weight < np.inf for weight in weights):
            raise SurrogateError(f"The weights of sources are {weights}: give numbers above 0.")

    @property
    def sr(self) -> int:
        """Sample rate in Hz."""
        return self.features.sr

    @property
    def n_given(self) -> int:
        """Number of presets that were given."""
        return 0 if self.given is None else len(self.given)

    @property
    def total(self) -> int:
        """Number of presets, those that were given included."""
        return self.n_given + self.presets

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.total // BLOCK)

    def draw(self, block: int, attempt: int = 0) -> tuple[Array, NDArray[np.int8]]:
        """Draw the presets of a block.

        Args:
            block: Number of the block.
            attempt: Number of times that presets were drawn before, because they were not heard.

        Returns:
            Values `[b, P]`, and the number of each one's source, `[b]`; `GIVEN` for presets that
            were given.
        """
        rng = self._rng(block, 1 + attempt)
        weights = self._weights
        source = rng.choice(len(weights), BLOCK, p=weights).astype(np.int8)
        genotypes = np.zeros((BLOCK, len(self.subspace)))
        for number, (each, _) in enumerate(self.sources):
            rows = source == number
            genotypes[rows] = each.draw(int(rows.sum()), self.subspace, rng)
        values = self.subspace.decode(genotypes)
        first = block * BLOCK
        count = min(BLOCK, self.total - first)
        if self.given is not None:
            given = self.given[first : first + BLOCK]
            values[: len(given)] = given
            source[: len(given)] = GIVEN
        return values[:count], source[:count]

    def draw_notes(self, block: int) -> NDArray[np.float32]:
        """Draw the notes of a block, `[b, per_preset, 3]`; see `NoteSet.draw`."""
        return self.notes.draw(BLOCK, self._rng(block, 0))[: self.total - block * BLOCK]

    def draw_dry(self, block: int) -> NDArray[np.float32]:
        """Draw the dry sounds of a block, `[b, 3]`; see `DrySounds.draw`."""
        if self.dry is None:
            raise SurrogateError("A dataset of an instrument has no dry sounds.")
        return self.dry.draw(BLOCK, self._rng(block, 0))[: self.total - block * BLOCK]

    def performance(self, row: NDArray[np.float32]) -> Performance:
        """Return the performance of a note, or of a dry sound of effects, `[3]`."""
        play = performance_of if self.dry is None else self.dry.performance
        return play(row, length=self.length, sr=self.sr)

    def described(self) -> dict[str, Any]:
        """Return what the presets depend on, as plain data."""
        return {
            "seed": self.seed,
            "presets": self.presets,
            "given": {} if self.given is None else _fingerprint(self.given),
            "sources": [
                {"name": source.name, "weight": weight} | _options(source)
                for source, weight in self.sources
            ],
        }

    @cached_property
    def _weights(self) -> Array:
        weights = np.array([weight for _, weight in self.sources] or [1.0])
        return np.asarray(weights / weights.sum())

    def _rng(self, block: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(block, purpose)))


def _options(source: Source) -> dict[str, Any]:
    """Return the options of a source as plain data; a joint prior counts by its title."""
    options = {each.name: getattr(source, each.name) for each in fields(source)}  # type: ignore[arg-type]
    return {
        key: _fingerprint(value) if isinstance(value, np.ndarray) else value
        for key, value in options.items()
        if isinstance(value, np.ndarray | str | int | float)
    }


def _fingerprint(presets: Array) -> dict[str, Any]:
    digest = hashlib.sha256(np.ascontiguousarray(presets).tobytes()).hexdigest()
    return {"presets": len(presets), "sha256": digest[:32]}
