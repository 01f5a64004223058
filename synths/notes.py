"""What is played: notes, and a performance of them."""

import math
from dataclasses import dataclass

from synths.errors import SynthError

MAX_SECONDS = 600.0
_STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def midi_to_hz(pitch: float) -> float:
    """Equal-tempered frequency in Hz of a MIDI pitch; A4 = 69 = 440 Hz."""
    return 440.0 * math.exp2((pitch - 69.0) / 12.0)


def pitch_name(pitch: int) -> str:
    """Name a MIDI pitch; 60 is C4."""
    octave, step = divmod(pitch, 12)
    return f"{_STEPS[step]}{octave - 1}"


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


@dataclass(frozen=True, kw_only=True)
class Performance:
    """The notes that every candidate plays, and how much of the sound is kept.

    Attributes:
        notes: At least one.
        length: Seconds of audio.
        sr: Sample rate in Hz.

    Raises:
        SynthError: If there is no note, or the length or the rate makes no sense.
    """

    notes: tuple[Note, ...]
    length: float
    sr: int = 44_100

    def __post_init__(self) -> None:
        if not self.notes:
            raise SynthError("A performance needs at least one note.")
        if not 0 < self.length <= MAX_SECONDS:
            raise SynthError(
                f"A performance lasts up to {MAX_SECONDS:g} s, not {self.length} s: cut it."
            )
        if not 8_000 <= self.sr <= 192_000:
            raise SynthError(f"A sample rate goes from 8000 to 192000 Hz, not {self.sr}.")

    @property
    def samples(self) -> int:
        """Number of samples."""
        return round(self.length * self.sr)
