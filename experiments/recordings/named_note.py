"""The note that the name of a sound file says."""

import re

from patchwright.synths import SynthError
from patchwright.synths.performance import parse_pitch

_ACCIDENTALS = {"": "", "#": "#", "s": "#", "♯": "#", "b": "b", "♭": "b"}
_NAME = re.compile(
    r"(?:(?<![A-Za-z0-9#])(?P<any>[A-Ga-g])|(?<=[a-z])(?P<capital>[A-G]))"
    r"(?P<accidental>[#sb♯♭]?)(?P<octave>-[12]|\d)(?![A-Za-z0-9])"
)
_NUMBER = re.compile(r"(?:^|(?:midi|note)[ _-]?)(\d{1,3})$", re.IGNORECASE)


def note_in_name(stem: str) -> int | None:
    """Return the MIDI note that a file's name says last; None if it says none.

    Args:
        stem: Name of the file without its end; C4 is 60, sharps are `#` or `s`, flats `b`, and a
            MIDI number stands alone, or after `midi` or `note`.

    Examples:
        >>> [note_in_name(name) for name in ("c4", "Cello_Bb2_ff", "pianoF#3", "midi60", "take 2")]
        [60, 46, 54, 60, None]
    """
    found = [*_NAME.finditer(stem)]
    if found:
        last = found[-1]
        letter, accidental = last["any"] or last["capital"], _ACCIDENTALS[last["accidental"]]
        key = f"{letter}{accidental}{last['octave']}"
    elif (number := _NUMBER.search(stem)) is not None:
        key = number[1]
    else:
        return None
    try:
        return parse_pitch(key)
    except SynthError:  # beyond the keys of MIDI
        return None
