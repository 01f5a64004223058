"""Notes as text on one line, as on the command line and in YAML."""

import re
from collections.abc import Iterable

from patchwright.synths.errors import SynthError
from patchwright.synths.performance.notes import MAX_SECONDS, Note, pitch_name

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHIFTS = {"": 0, "#": 1, "b": -1}
_KEY = r"(?:[A-G][#b]?-?[0-9]{1,2}|[0-9]{1,3})"
_SECONDS = r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]{1,3})?)"
_WORD = re.compile(
    rf"({_KEY}(?:\+{_KEY})*)(?::{_SECONDS})?(?:@{_SECONDS})?(?:/([0-9]{{1,3}}))?", re.IGNORECASE
)
_NAME = re.compile(r"([A-G])([#b]?)(-?[0-9]+)", re.IGNORECASE)
_EXAMPLE = "such as C4, 60, C4+E4+G4 or C4:0.5@1.25/90 (held for 0.5 s from 1.25 s at velocity 90)"


def parse_notes(text: str) -> tuple[Note, ...]:
    """Parse notes such as ``C4``, ``C4+E4+G4:2`` or ``C4:0.5@1.25/90 Eb4:0.5@1.75``.

    Grammar, with spaces only between words::

        text     = word { (space | ",") word }
        word     = key { "+" key } [ ":" duration ] [ "@" onset ] [ "/" velocity ]
        key      = letter [ "#" | "b" ] octave | number

    A key is a name in either case (``C4`` is 60; ``Db4`` and ``C#4`` are 61) or a MIDI pitch.
    Several keys in a word form a chord. The duration is in seconds, 1 by default; the velocity is
    1 to 127, 100 by default; the onset is in seconds from the start, by default the end of all
    notes before.

    Args:
        text: One or more words.

    Returns:
        Notes, in the order written.

    Raises:
        SynthError: If a word does not follow the grammar, or a value is out of range.

    Examples:
        >>> parse_notes("C4:0.5@1.25/90")
        (Note(pitch=60, velocity=90, onset=1.25, duration=0.5),)
        >>> [(note.pitch, note.onset) for note in parse_notes("C4+E4:2, G4")]
        [(60, 0.0), (64, 0.0), (67, 2.0)]
    """
    notes: list[Note] = []
    for word in re.split(r"[\s,]+", text.strip(" \t\r\n,")):
        match = _WORD.fullmatch(word)
        if match is None:
            shown = repr(word if len(word) <= 40 else word[:40] + "…")
            fault = f"{shown} is not a note" if word else "There are no notes"
            raise SynthError(f"{fault}: write one {_EXAMPLE}.")
        keys, duration, onset, velocity = match.groups()
        free = max((note.end for note in notes), default=0.0)
        for key in keys.split("+"):
            note = Note(
                pitch=parse_pitch(key),
                velocity=100 if velocity is None else int(velocity),
                onset=free if onset is None else float(onset),
                duration=1.0 if duration is None else float(duration),
            )
            if note.end > MAX_SECONDS:
                raise SynthError(
                    f"{word[:40]!r} ends at {note.end:g} s: notes must end by {MAX_SECONDS:g} s."
                )
            notes.append(note)
    return tuple(notes)


def notes_text(notes: Iterable[Note]) -> str:
    """Write notes as text from which `parse_notes` returns the same notes, to the last bit.

    Examples:
        >>> notes_text(parse_notes("C4+E4:0.5"))
        'C4:0.5@0/100 E4:0.5@0/100'
    """
    return " ".join(
        f"{pitch_name(note.pitch)}:{_number(note.duration)}@{_number(note.onset)}/{note.velocity}"
        for note in notes
    )


def parse_pitch(key: str) -> int:
    """Return the MIDI pitch of a key, given as a number or by its name.

    Raises:
        SynthError: If there is no such key.

    Examples:
        >>> parse_pitch("Bb2"), parse_pitch("60")
        (46, 60)
    """
    match = _NAME.fullmatch(key)
    if match is None:
        pitch = int(key)
    else:
        letter, shift, octave = match.groups()
        pitch = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + _SHIFTS[shift.lower()]
    if not 0 <= pitch <= 127:
        raise SynthError(f"There is no key {key}: give C-1 (0) to G9 (127); C4 is 60.")
    return pitch


def _number(seconds: float) -> str:
    return repr(float(seconds)).removesuffix(".0")
