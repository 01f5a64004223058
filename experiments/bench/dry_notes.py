"""Dry notes of many instruments of a General MIDI soundfont, to train and judge recognition.

Run as ``python -m patchwright.experiments.bench.dry_notes SOUNDFONT FOLDER [PROGRAM...]``; it needs
fluidsynth (``apt install fluidsynth fluid-soundfont-gm``). Files are named by program, pitch and
soundfont, as in ``025_62_FluidR3_GM.flac``; what stands before the first underscore is the
instrument, also in a folder with notes of several soundfonts. Programs whose samples have an effect
already are left out: driven guitars, vibraphone, organs with rotating speakers, ensembles and pads.
"""

import sys
from functools import partial
from pathlib import Path

import mido
import soundfile

from patchwright.experiments.bench.soundfont_notes import SR, played

HELD, SECONDS = 1.2, 2.0
_VELOCITIES = (70, 90, 110)
BASS = range(32, 40)
PROGRAMS = (
    *(*range(9), *range(24, 29), *range(31, 43), 45, 46, 56, 57, 58, 60, *range(64, 76)),
    *(80, 81, 104, 105, 106, 107, 108),
)


def pitches(program: int) -> range:
    """Return the MIDI pitches of a program: from low E of a bass or a guitar upwards."""
    return range(28, 56, 3) if program in BASS else range(40, 79, 3)


def write_notes(program: int, path: Path) -> None:
    """Write a MIDI file with the notes of a program, one every two seconds."""
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    track.append(mido.Message("program_change", program=program))

    def ticks(seconds: float) -> int:
        return int(mido.second2tick(seconds, 480, mido.bpm2tempo(120)))

    rest = 0.0
    for place, pitch in enumerate(pitches(program)):
        velocity = _VELOCITIES[place % len(_VELOCITIES)]
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=ticks(rest)))
        track.append(mido.Message("note_off", note=pitch, time=ticks(HELD)))
        rest = SECONDS - HELD
    track.append(mido.MetaMessage("end_of_track", time=ticks(rest)))
    midi.save(path)


def main(soundfont: Path, folder: Path, programs: list[int]) -> None:
    """Render the notes, dry and mono, to FLAC."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        audio = played(soundfont, partial(write_notes, program))
        length = round(SECONDS * SR)
        for place, pitch in enumerate(pitches(program)):
            note = audio[place * length : (place + 1) * length]
            if abs(note).max() > 0.01:  # instruments may lack a pitch
                name = f"{program:03d}_{pitch}_{soundfont.stem}.flac"
                soundfile.write(folder / name, note, SR)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [*map(int, sys.argv[3:])] or [*PROGRAMS])
