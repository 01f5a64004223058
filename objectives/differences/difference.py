"""Differences between two sounds that one can hear, in words and in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One way in which a sound differs from a target.

    Attributes:
        what: Quality that differs, such as `pitch`, `attack` or `foreign partial`.
        text: The difference in words, such as "attack 12 ms slower".
        amount: Size in `unit`; positive if the sound has more of it than the target.
        unit: Unit of the amount.
        plainness: Size in just noticeable differences.
        detail: The measured values and the just noticeable difference, in words.
    """

    what: str
    text: str
    amount: float
    unit: str
    plainness: float
    detail: str


@dataclass(frozen=True)
class Differences:
    """What one hears between a sound and a target.

    Attributes:
        heard: Differences of at least one just noticeable difference, the plainest first.
        alike: Qualities that were measured and do not differ by as much.
    """

    heard: tuple[Difference, ...]
    alike: tuple[str, ...]

    def sentence(self, most: int = 6) -> str:
        """Say what differs, in order of how plainly it is heard.

        Args:
            most: Greatest number of differences to name.

        Examples:
            >>> Differences((), ("pitch", "level")).sentence()
            'pitch right; nothing else that one would hear'
        """
        parts = ["pitch right"] if "pitch" in self.alike else []
        parts += [difference.text for difference in self.heard[:most]]
        rest = len(self.heard) - most
        if rest > 0:
            parts.append(f"{rest} smaller {'difference' if rest == 1 else 'differences'}")
        if not self.heard:
            parts.append(f"nothing {'else ' if parts else ''}that one would hear")
        return "; ".join(parts)


def of_several(notes: Mapping[str, Differences]) -> Differences:
    """Say what differs in several notes: each quality once, where it differs most.

    Args:
        notes: Differences by the name of the note.

    Returns:
        The differences, the plainest first; alike is what is alike in every note.

    Examples:
        >>> louder = Difference(
        ...     what="level", text="2.0 dB louder", amount=2.0, unit="LU", plainness=2.0, detail=""
        ... )
        >>> of_several({"C2": Differences((louder,), ()), "C4": Differences((), ())}).sentence()
        'C2: 2.0 dB louder'
    """
    kinds: dict[str, dict[str, Difference]] = {}
    for name, differences in notes.items():
        for difference in reversed(differences.heard):  # of two of a kind the plainer one
            kinds.setdefault(difference.what, {})[name] = difference
    heard = []
    for found in kinds.values():
        name, worst = max(found.items(), key=lambda item: item[1].plainness)
        others = len(found) - 1
        where = f"{name} and {others} more" if others else name
        if others and len(found) == len(notes):
            where = f"all notes ({name} most)"
        detail = "; ".join(f"{note}: {each.text}" for note, each in found.items())
        heard.append(
            replace(worst, text=f"{where}: {worst.text}", detail=f"{detail}; {worst.detail}")
        )
    heard.sort(key=lambda difference: -difference.plainness)
    alike = [{*differences.alike} for differences in notes.values()]
    shared = set.intersection(*alike) if alike else set()
    first = next(iter(notes.values()), Differences((), ()))
    return Differences(tuple(heard), tuple(what for what in first.alike if what in shared))


def gathered(measured: list[Difference]) -> Differences:
    """Sort measured differences into those that are heard and the qualities that are alike."""
    heard = [difference for difference in measured if difference.plainness >= 1.0]
    heard.sort(key=lambda difference: -difference.plainness)
    plain = {difference.what for difference in heard}
    alike = dict.fromkeys(d.what for d in measured if d.what not in plain)
    return Differences(tuple(heard), tuple(alike))


def unheard(what: str) -> Difference:
    """Make the difference of a quality that was measured and is the same."""
    return Difference(what=what, text="", amount=0.0, unit="", plainness=0.0, detail="")


def steps(wanted: float, found: float, share: float, least: float = 0.0) -> float:
    """Count the just noticeable steps between two values by Weber's law.

    The step at x is `share` (x + least): n = |ln((b + least) / (a + least))| / ln(1 + share).

    Args:
        wanted: One value, a.
        found: Other value, b.
        share: Weber fraction.
        least: Value added to both; with it, the step at 0 is `share * least`.
    """
    ratio = (found + least + 1e-9) / (wanted + least + 1e-9)
    return abs(math.log(ratio)) / math.log1p(share)


def hertz(frequency: float) -> str:
    """Write a frequency, such as "854 Hz" or "2.8 kHz"."""
    return f"{frequency:.0f} Hz" if frequency < 1000.0 else f"{frequency / 1000.0:.2g} kHz"


def seconds(time: float) -> str:
    """Write a time, such as "12 ms" or "1.2 s"."""
    return f"{1000.0 * time:.0f} ms" if time < 0.9995 else f"{time:.2g} s"
