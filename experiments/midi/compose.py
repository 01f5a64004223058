"""The phrases as text, and the MIDI files made of them.

Run as ``python -m patchwright.experiments.midi.compose`` after a change.
"""

from pathlib import Path

from patchwright.synths import Note, parse_notes, write_midi

FOLDER = Path(__file__).parent
TEMPO = 120.0

# a bar each, on a grid of sixteenths of 0.125 s
_TEXTS = {
    # one voice: a bass line in A minor, with an octave leap and a chromatic way back
    "bass": "A1:0.35@0/110 A1:0.1@0.375/80 A2:0.2@0.5/100 G2:0.2@0.75 E2:0.35@1 "
    "C2:0.2@1.375/90 D2:0.2@1.625/95 D#2:0.1@1.875/85 E2:0.4@2/110",
    # three voices: a broken chord whose notes ring into each other
    "arpeggio": "D3:0.7@0 A3:0.7@0.25/90 F4:0.7@0.5/95 E4:0.7@0.75/85 C4:0.7@1/90 "
    "A3:0.7@1.25/85 D4:0.7@1.5/95 F4:0.6@1.75/105",
    # four voices: a cadence, I IV V I in C, with a suspended fourth that resolves
    "chorale": "C3+G3+E4+C5:0.48@0/90 F3+A3+F4+C5:0.48@0.5/90 G3+B3+D4:0.48@1/95 "
    "C5:0.24@1/95 B4:0.24@1.25/85 C3+G3+E4+C5:0.9@1.5/100",
    # eight voices: a chord of stacked thirds that grows note by note, and ends at once
    "swell": "D2:2.4@0/60 A2:2.2@0.2/66 F3:2@0.4/72 C4:1.8@0.6/78 "
    "E4:1.6@0.8/84 G4:1.4@1/90 B4:1.2@1.2/96 D5:1@1.4/104",
}

PHRASES: dict[str, tuple[Note, ...]] = {name: parse_notes(text) for name, text in _TEXTS.items()}


def write_phrases(folder: Path = FOLDER) -> None:
    """Write each phrase as a MIDI file of its name."""
    for name, notes in PHRASES.items():
        write_midi(folder / f"{name}.mid", notes, tempo=TEMPO)


if __name__ == "__main__":
    write_phrases()
