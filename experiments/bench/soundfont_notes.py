"""Notes of a General MIDI soundfont, as targets: sounds that chose no distance and no default.

Run as ``python -m patchwright.experiments.bench.soundfont_notes SOUNDFONT FOLDER``; it needs
fluidsynth (``apt install fluidsynth timgm6mb-soundfont`` on Debian).
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

SECONDS = 1.5
SR = 44_100

NOTES = {
    "piano_g3": (0, 55),
    "electric_piano_c4": (4, 60),
    "vibraphone_f4": (11, 65),
    "organ_e4": (19, 64),
    "guitar_d4": (25, 62),
    "bass_a1": (33, 33),
    "cello_g2": (42, 43),
    "choir_a4": (52, 69),
    "trombone_f3": (57, 53),
    "saxophone_d4": (65, 62),
    "oboe_g4": (68, 67),
    "flute_a5": (73, 81),
}
"""Programs and pitches."""


def write_note(program: int, pitch: int, path: Path) -> None:
    """Write a MIDI file with one note of a program, held for two thirds of the time."""
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    ticks = round(mido.second2tick(SECONDS, 480, mido.bpm2tempo(120)))
    track.append(mido.Message("program_change", program=program))
    track.append(mido.Message("note_on", note=pitch, velocity=100))
    track.append(mido.Message("note_off", note=pitch, time=2 * ticks // 3))
    track.append(mido.MetaMessage("end_of_track", time=ticks // 3))
    midi.save(path)


def played(soundfont: Path, write: Callable[[Path], None]) -> NDArray[np.float32]:
    """Play a MIDI file with a soundfont, without reverb and chorus.

    Args:
        soundfont: SF2 file.
        write: Function that writes the MIDI file.

    Returns:
        Mono sound `[t]` at `SR`.
    """
    if (fluidsynth := shutil.which("fluidsynth")) is None:
        sys.exit("fluidsynth is missing: apt install fluidsynth and a soundfont")
    with tempfile.TemporaryDirectory() as temporary:
        midi, wav = Path(temporary) / "notes.mid", Path(temporary) / "notes.wav"
        write(midi)
        options = ["-q", "-n", "-i", "-R", "0", "-C", "0", "-g", "0.6", "-r", str(SR)]
        command = [fluidsynth, *options, "-F", str(wav), str(soundfont), str(midi)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
        audio, _ = soundfile.read(wav, dtype="float32")
    found: NDArray[np.float32] = audio.mean(axis=1)
    return found


def main(soundfont: Path, folder: Path) -> None:
    """Render the notes, dry and mono, to FLAC."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (program, pitch) in NOTES.items():
        audio = played(soundfont, partial(write_note, program, pitch))
        soundfile.write(folder / f"{name}.flac", audio[: round(SECONDS * SR)], SR)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
