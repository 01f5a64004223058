"""Notes, and the performance of them that every candidate plays."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from patchwright.synths.errors import SynthError
from patchwright.synths.performance.dry import DrySound

MAX_SECONDS = 600.0
TEMPI = (4.0, 999.0)  # beats per minute; a MIDI file can state 3.58 at least
_STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def midi_to_hz(pitch: float) -> float:
    """Return the equal-tempered frequency of a MIDI pitch in Hz; A4 = 69 = 440 Hz.

    Examples:
        >>> midi_to_hz(57)
        220.0
    """
    return 440.0 * math.exp2((pitch - 69.0) / 12.0)


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch; 60 is C4.

    Examples:
        >>> pitch_name(61)
        'C#4'
    """
    octave, step = divmod(pitch, 12)
    return f"{_STEPS[step]}{octave - 1}"


def check_tempo(tempo: float) -> float:
    """Return a tempo in beats per minute, 4 to 999.

    Raises:
        SynthError: If the tempo is out of range.
    """
    if not TEMPI[0] <= tempo <= TEMPI[1]:
        raise SynthError(
            f"The tempo {tempo:g} is out of range: give {TEMPI[0]:g} to {TEMPI[1]:g} beats per "
            "minute."
        )
    return tempo


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note: a key pressed and released.

    Attributes:
        pitch: MIDI pitch, 0 to 127.
        velocity: MIDI velocity, 1 to 127.
        onset: Time of the press, in seconds from the start of the performance.
        duration: Time from press to release, in seconds.

    Raises:
        SynthError: If a value is out of range.
    """

    pitch: int
    velocity: int = 100
    onset: float = 0.0
    duration: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= 127:
            raise SynthError(f"The pitch {self.pitch} is out of range: give 0 to 127.")
        if not 1 <= self.velocity <= 127:
            raise SynthError(f"The velocity {self.velocity} is out of range: give 1 to 127.")
        if not (math.isfinite(self.onset) and self.onset >= 0):
            raise SynthError(f"A note cannot start at {self.onset} s: give 0 s or later.")
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise SynthError(f"A note cannot last {self.duration} s: give more than 0 s.")

    @property
    def end(self) -> float:
        """Time of the release, in seconds from the start of the performance."""
        return self.onset + self.duration


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What every candidate plays: notes, or the dry sound of effects; and the length of the audio.

    Performances of the same notes are equal, whatever the order in which the notes were given.

    Attributes:
        notes: One or more notes, sorted by onset, pitch, velocity and duration; they may overlap,
            also at the same pitch. None with a dry sound.
        length: Length of the audio in seconds, up to 600.
        sr: Sample rate in Hz, 8000 to 192000.
        tempo: Tempo in beats per minute, 4 to 999, for plugins whose LFOs or delays follow it.
        dry: Sound that effects are played on, at the rate `sr`; None for instruments.

    Raises:
        SynthError: If there is neither a note nor a dry sound, or both, or the length, the sample
            rate or the tempo is out of range.

    Examples:
        >>> from patchwright.synths import parse_notes
        >>> performance = Performance.of(parse_notes("C4+E4+G4:2"), tail=0.5)
        >>> performance.length, performance.samples
        (2.5, 110250)
        >>> Performance(notes=(Note(pitch=60, velocity=90),), length=1.5, sr=22_050).notes[0].end
        1.0
    """

    notes: tuple[Note, ...]
    length: float
    sr: int = 44_100
    tempo: float = 120.0
    dry: DrySound | None = None

    def __post_init__(self) -> None:
        if not self.notes and self.dry is None:
            raise SynthError("A performance needs at least one note.")
        if self.notes and self.dry is not None:
            raise SynthError("A performance has notes or a dry sound: leave one of the two out.")
        if not 0 < self.length <= MAX_SECONDS:
            raise SynthError(
                f"A performance cannot last {self.length} s: give up to {MAX_SECONDS:g} s."
            )
        if not 8_000 <= self.sr <= 192_000:
            raise SynthError(f"The sample rate {self.sr} Hz is out of range: give 8000 to 192000.")
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
        """Return a performance that ends some time after the last note.

        Args:
            notes: Notes in any order.
            tail: Length of audio after the last release in seconds, 0 or more.
            sr: Sample rate in Hz.
            tempo: Tempo in beats per minute.
            length: Length of the audio in seconds; overrides `tail`.

        Returns:
            The performance.

        Raises:
            SynthError: If `tail` is negative, or the performance is invalid.
        """
        notes = tuple(notes)
        if not tail >= 0:
            raise SynthError(f"The tail cannot last {tail} s: give 0 s or more.")
        if length is None:
            length = max((note.end for note in notes), default=0.0) + tail
        return cls(notes=notes, length=length, sr=sr, tempo=tempo)

    @property
    def samples(self) -> int:
        """Length of the audio in samples."""
        return round(self.length * self.sr)


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes sorted by onset, pitch, velocity and duration."""
    return tuple(
        sorted(notes, key=lambda note: (note.onset, note.pitch, note.velocity, note.duration))
    )
