"""The note that the name of a sound file says."""

import re

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "s": 1, "♯": 1, "b": -1, "♭": -1}
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
        letter = (last["any"] or last["capital"]).lower()
        step = _STEPS[letter] + _ACCIDENTALS[last["accidental"]]
        pitch = 12 * (int(last["octave"]) + 1) + step
    elif (number := _NUMBER.search(stem)) is not None:
        pitch = int(number[1])
    else:
        return None
    return pitch if 0 <= pitch <= 127 else None
