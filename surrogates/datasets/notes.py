"""The notes that the presets of a dataset play."""

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patchwright.synths import Note, Performance

_NEIGHBOURS = 4
"""Presets that play the same notes, as a synth renders a few at once in less time."""


class NoteSet(BaseModel):
    """Notes to choose from; each preset plays some of them, each in a render of its own.

    Attributes:
        pitch: MIDI pitches.
        velocity: MIDI velocities.
        duration: Seconds that the key is held.
        per_preset: Number of different notes that each preset plays.

    Examples:
        >>> notes = NoteSet(pitch=(48, 60), velocity=(100,), duration=(0.5,), per_preset=2)
        >>> notes.draw(1, np.random.default_rng(0))[0].tolist()
        [[48.0, 100.0, 0.5], [60.0, 100.0, 0.5]]
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pitch: tuple[Annotated[int, Field(ge=0, le=127)], ...] = Field(default=(60,), min_length=1)
    velocity: tuple[Annotated[int, Field(ge=1, le=127)], ...] = Field(default=(100,), min_length=1)
    duration: tuple[Annotated[float, Field(gt=0, le=600)], ...] = Field(
        default=(0.5,), min_length=1
    )
    per_preset: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.per_preset > self.different:
            raise ValueError(
                f"{self.per_preset} notes a preset need as many to choose from, and there are "
                f"{self.different}: give more pitches or velocities, or fewer notes a preset"
            )
        return self

    @property
    def different(self) -> int:
        """Number of notes to choose from."""
        return len(self.pitch) * len(self.velocity) * len(self.duration)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw notes for `n` presets.

        Each four neighbours play the same ones.

        Args:
            n: Number of presets.
            rng: Source of randomness.

        Returns:
            Pitch, velocity and duration of each note, `[n, per_preset, 3]`.
        """
        sizes = len(self.pitch), len(self.velocity), len(self.duration)
        groups = -(-n // _NEIGHBOURS)
        drawn = [rng.choice(self.different, self.per_preset, replace=False) for _ in range(groups)]
        chosen = np.unravel_index(np.repeat(drawn, _NEIGHBOURS, axis=0)[:n], sizes)
        columns = (self.pitch, self.velocity, self.duration)
        return np.stack(
            [np.array(c, np.float32)[i] for c, i in zip(columns, chosen, strict=True)], axis=-1
        )


def performance_of(note: NDArray[np.float32], *, length: float, sr: int) -> Performance:
    """Return the performance of a note.

    Args:
        note: Pitch, velocity and duration, `[3]`.
        length: Length of the audio in seconds.
        sr: Sample rate in Hz.
    """
    pitch, velocity, duration = note.tolist()
    played = Note(pitch=int(pitch), velocity=int(velocity), duration=duration)
    return Performance(notes=(played,), length=length, sr=sr)
