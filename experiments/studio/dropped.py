"""Sounds that were dropped or recorded in the browser, until a run takes them."""

import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from patchwright.experiments.config.target import SOUND_SUFFIXES
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.named_note import note_in_name
from patchwright.experiments.recordings.recording import read_recording
from patchwright.experiments.recordings.several import MOST
from patchwright.experiments.recordings.sound import Sound, outline
from patchwright.experiments.recordings.sound_file import TooLongError, read_samples
from patchwright.experiments.recordings.steady_note import find_steady_note
from patchwright.experiments.terminal.plain_text import shown
from patchwright.synths.performance.notes import pitch_name
from patchwright.synths.whole_file import own_folder, safe_name, whole_file

MAX_BYTES = 256 * 2**20  # of a sound: 12 minutes of stereo at 96 kHz in 16 bits

_KEPT = 7 * 24 * 3600.0  # s that a sound that no run took is kept
_ID = re.compile(r"[0-9a-f]{12}")


class TooLargeError(ExperimentError):
    """More was sent than is allowed."""


@dataclass(frozen=True)
class DroppedSound:
    """A sound in the studio's own folder.

    Attributes:
        id: Name by which the browser knows it.
        name: Name that the file had, for display.
        path: File.
        note: MIDI note that its name says; None if it says none.
    """

    id: str
    name: str
    path: Path
    note: int | None


class DroppedSounds:
    """The sounds that were sent by the browser.

    They are stored under names of our own and looked up by ID, so that no path from the browser is
    ever opened.

    Args:
        folder: Folder for them.
        max_bytes: Maximum size of one.

    Attributes:
        max_bytes: Maximum size of one.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self.max_bytes = folder, max_bytes
        self._sounds: dict[str, DroppedSound] = {}
        self._forget_old()

    async def add(self, name: str, pieces: AsyncIterator[bytes]) -> DroppedSound:
        """Store a sound, piece by piece.

        Args:
            name: Name of the file in the browser.
            pieces: Content of the file.

        Raises:
            TooLargeError: If it is too large; nothing of it is kept.
            ExperimentError: If it has no suffix of a sound file.
        """
        suffix = Path(name).suffix.lower()
        if suffix not in SOUND_SUFFIXES:
            raise ExperimentError(
                f"{shown(name[:100])} is not a sound file by its name: drop a WAV, FLAC, OGG or "
                "MP3 file."
            )
        stem = Path(name).stem
        number = secrets.token_hex(6)
        path = own_folder(self._folder / number) / f"{safe_name(stem)}{suffix}"
        size = 0
        try:
            with whole_file(path) as part, part.open("wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    self.check_size(size)
                    file.write(piece)
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        sound = DroppedSound(number, shown(name[:200]), path, note_in_name(stem))
        self._sounds[number] = sound
        return sound

    def check_size(self, size: int) -> None:
        """Refuse a size that is announced before anything is read.

        Raises:
            TooLargeError: If it is too large.
        """
        if size > self.max_bytes:
            raise TooLargeError(
                f"The sound is larger than {self.max_bytes >> 20} MiB: cut out a note of it."
            )

    def find(self, number: object) -> DroppedSound:
        """Return a sound by its ID.

        Raises:
            ExperimentError: If there is none.
        """
        found = self._sounds.get(number) if isinstance(number, str) else None
        if found is None:
            raise ExperimentError("This sound is gone: drop it again.")
        return found

    def give(
        self, sounds: Sequence[DroppedSound], folder: Path, notes: Sequence[int]
    ) -> list[Path]:
        """Copy sounds into the folder of a run.

        Args:
            sounds: The sounds; of several, each name ends with its note, which `read_notes` reads.
            folder: Folder for them.
            notes: MIDI note of each.

        Raises:
            ExperimentError: If there are too many.
        """
        if len(sounds) > MOST:
            raise ExperimentError(f"{len(sounds)} sounds are too many: drop up to {MOST}.")
        paths = []
        for number, (sound, note) in enumerate(zip(sounds, notes, strict=True), 1):
            name = sound.path.name
            if len(sounds) > 1:
                name = f"{number:02d}-midi{note}{sound.path.suffix}"
            paths.append(Path(shutil.copyfile(sound.path, folder / name)))
        return paths

    def _forget_old(self) -> None:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            old = time.time() - path.lstat().st_mtime > _KEPT
            if _ID.fullmatch(path.name) and path.is_dir() and not path.is_symlink() and old:
                shutil.rmtree(path, ignore_errors=True)


def waveform(sound: DroppedSound) -> dict[str, Any]:
    """Read a sound with the reader of the command line, and return what its picture needs.

    Of a sound of more than 30 s it is the part around the note that a match would choose.

    Raises:
        ExperimentError: If it cannot be used.
    """
    start, length = 0.0, None
    try:
        read = read_samples(sound.path)
    except TooLongError:
        note = find_steady_note(sound.path)
        start, length = note.start, note.length
        read = read_samples(sound.path, start=start, length=length)
    _, line = outline(Sound(read.samples.T.astype(np.float64), read.sr), 1.0)
    half = len(line) // 2
    # a column may be shorter than a period, and miss its peak
    upper, lower = maximum_filter1d(line[:half], 3), minimum_filter1d(line[half:][::-1], 3)
    return {
        "id": sound.id,
        "name": sound.name,
        "named_note": sound.note,
        "seconds": len(read.samples) / read.sr,
        "sr": read.sr,
        "start": start,
        "cut": length is not None,
        "upper": upper.round(4).tolist(),
        "lower": lower.round(4).tolist(),
        "warnings": list(map(shown, read.warnings)),
    }


def heard_note(sound: DroppedSound, start: float | None, length: float | None) -> dict[str, Any]:
    """Find the note in a region of a sound, as a match would.

    Raises:
        ExperimentError: If the region holds no sound.
    """
    found = read_recording(sound.path, start=start, length=length, note=sound.note)
    return {
        "note": found.note,
        "note_name": pitch_name(found.note),
        "named": sound.note is not None,
        "f0": found.f0,
        "cents": found.cents,
        "clear": found.f0 is not None or sound.note is not None,
        "held": found.duration,
        "onset": found.onset,
        "length": found.audio.shape[1] / found.sr,
        "warnings": list(map(shown, found.warnings)),
    }
