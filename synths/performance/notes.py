"""What is played: notes, and a performance of them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from patchwright.synths.errors import SynthError

MAX_SECONDS = 600.0
_TEMPI = (20.0, 999.0)  # beats a minute
_STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def midi_to_hz(pitch: float) -> float:
    """Equal-tempered frequency in Hz of a MIDI pitch; A4 = 69 = 440 Hz."""
    return 440.0 * math.exp2((pitch - 69.0) / 12.0)


def pitch_name(pitch: int) -> str:
    """Name a MIDI pitch; 60 is C4."""
    octave, step = divmod(pitch, 12)
    return f"{_STEPS[step]}{octave - 1}"


def check_tempo(tempo: float) -> float:
    """Return a tempo in beats a minute that plugins can follow, or raise `SynthError`."""
    if not _TEMPI[0] <= tempo <= _TEMPI[1]:
        raise SynthError(
            f"A tempo goes from {_TEMPI[0]:g} to {_TEMPI[1]:g} beats a minute, not {tempo:g}."
        )
    return tempo


@dataclass(frozen=True, kw_only=True)
class Note:
    """One key, pressed and released.

    Attributes:
        pitch: MIDI pitch, 0 to 127.
        velocity: 1 to 127.
        onset: Seconds from the start of the performance.
        duration: Seconds that the key is held.

    Raises:
        SynthError: If a value is out of range.
    """

    pitch: int
    velocity: int = 100
    onset: float = 0.0
    duration: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= 127:
            raise SynthError(f"A note's pitch goes from 0 to 127, not {self.pitch}.")
        if not 1 <= self.velocity <= 127:
            raise SynthError(f"A note's velocity goes from 1 to 127, not {self.velocity}.")
        if not (math.isfinite(self.onset) and self.onset >= 0):
            raise SynthError(f"A note starts at 0 s or later, not at {self.onset} s.")
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise SynthError(f"A note lasts longer than 0 s, not {self.duration} s.")

    @property
    def end(self) -> float:
        """Seconds from the start of the performance to the release of the key."""
        return self.onset + self.duration


@dataclass(frozen=True, kw_only=True)
class Performance:
    """The notes that every candidate plays, and how much of the sound is kept.

    Performances of the same notes are equal, in whatever order the notes were given.

    Attributes:
        notes: At least one; they may overlap, those of the same pitch too. Kept in the order of
            onset, pitch, velocity and duration.
        length: Seconds of audio.
        sr: Sample rate in Hz.
        tempo: Beats a minute, 20 to 999: told to plugins whose LFOs or delays follow it.

    Raises:
        SynthError: If there is no note, or the length, the rate or the tempo makes no sense.
    """

    notes: tuple[Note, ...]
    length: float
    sr: int = 44_100
    tempo: float = 120.0

    def __post_init__(self) -> None:
        if not self.notes:
            raise SynthError("A performance needs at least one note.")
        if not 0 < self.length <= MAX_SECONDS:
            raise SynthError(
                f"A performance lasts up to {MAX_SECONDS:g} s, not {self.length} s: cut it."
            )
        if not 8_000 <= self.sr <= 192_000:
            raise SynthError(f"A sample rate goes from 8000 to 192000 Hz, not {self.sr}.")
        check_tempo(self.tempo)
        object.__setattr__(self, "notes", in_order(self.notes))

    @classmethod
    def of(
        cls,
        notes: Iterable[Note],
        *,
        tail: float = 1.0,
        sr: int = 44_100,
        tempo: float = 120.0,
        length: float | None = None,
    ) -> "Performance":
        """Perform notes to the end of the last one and a little longer.

        Args:
            notes: In any order.
            tail: Seconds kept after the last key is released, 0 or more.
            sr: Sample rate in Hz.
            tempo: Beats a minute.
            length: Seconds of audio; then `tail` has no say.

        Returns:
            The performance.

        Raises:
            SynthError: As for a performance, or if `tail` is negative.
        """
        notes = tuple(notes)
        if not tail >= 0:
            raise SynthError(f"A tail lasts 0 s or more, not {tail} s.")
        if length is None:
            length = max((note.end for note in notes), default=0.0) + tail
        return cls(notes=notes, length=length, sr=sr, tempo=tempo)

    @property
    def samples(self) -> int:
        """Number of samples."""
        return round(self.length * self.sr)


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Sort notes by onset, pitch, velocity and duration."""
    return tuple(
        sorted(notes, key=lambda note: (note.onset, note.pitch, note.velocity, note.duration))
    )
