"""The corpus IDMT-SMT-Audio-Effects, by the names of its files.

A name such as ``B11-28100-3311-00625.wav`` says, in this order: kind and setting of the instrument,
playing technique; pitch, string and fret, or kind of chord; group and kind of the effect, and its
setting; number of the file (Stein et al., 2010; the corpus' own documentation).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from patchwright.surrogates.effects.labels import DRY

_NAME = re.compile(r"([BGP]\d)\d-(\d{2})\d{3}-\d(\d{2})(\d)-\d{5}")
KINDS = {
    "11": DRY,
    "12": DRY,  # an amplifier's simulation, which AutoFX counts as dry as well
    "21": "feedback_delay",
    "22": "slapback_delay",
    "23": "reverb",
    "31": "chorus",
    "32": "flanger",
    "33": "phaser",
    "34": "tremolo",
    "35": "vibrato",
    "41": "distortion",
    "42": "overdrive",
}
"""Kinds of effects by their two digits."""


@dataclass(frozen=True)
class NamedSound:
    """What the name of a file says.

    Attributes:
        instrument: Instrument with its setting, such as ``G6``.
        pitch: MIDI pitch; the lowest of a chord.
        kind: One of `surrogates.effects.labels.LABELS`, or `DRY`.
        setting: Setting of the effect.
    """

    instrument: str
    pitch: int
    kind: str
    setting: int


def named_sound(path: Path | str) -> NamedSound | None:
    """Return what the name of a file says; None if it is no file of the corpus.

    Examples:
        >>> named_sound("G61-40100-3312-00003.wav")
        NamedSound(instrument='G6', pitch=40, kind='chorus', setting=2)
    """
    match = _NAME.fullmatch(Path(path).stem)
    if match is None or match[3] not in KINDS:
        return None
    return NamedSound(match[1], int(match[2]), KINDS[match[3]], int(match[4]))
