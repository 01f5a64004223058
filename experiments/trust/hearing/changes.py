"""The changes of the hearing test, as `changes.yaml` declares them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patchwright.experiments.trust.hearing.effects import EFFECTS
from patchwright.experiments.trust.hearing.notes import Notes
from patchwright.synths.parameters import Array
from patchwright.synths.yaml_file import read_yaml

_DECLARED = Path(__file__).parent / "changes.yaml"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of a sound.

    Attributes:
        kind: What changes, such as ``vibrato``; kinds of small and of plain changes may share
            their names.
        plain: Whether nobody misses it; otherwise hardly anybody hears it.
        effect: Name in `EFFECTS`.
        options: Options of the effect.
    """

    kind: str
    plain: bool
    effect: str
    options: Mapping[str, Any]

    def __str__(self) -> str:
        options = (f"{name} {value}" for name, value in self.options.items())
        return " ".join([self.effect.replace("_", " "), ", ".join(options)]).strip()

    def apply(self, notes: Notes, rng: np.random.Generator) -> Array:
        """Change sounds.

        Args:
            notes: Sounds to change.
            rng: Source of whatever is random in the change.

        Returns:
            Sounds `[n, c, t]` with one channel or two; NaN where a sound has no pitch and the
            change needs one.
        """
        audio = EFFECTS[self.effect](notes, rng, **self.options)
        return audio if audio.ndim == 3 else audio[:, np.newaxis]


def declared_changes() -> tuple[Change, ...]:
    """Return all changes: the small ones, then the plain ones."""
    declared = read_yaml(_DECLARED)
    small = [(kind, False, each["changes"]) for kind, each in declared["small"].items()]
    plain = [(kind, True, each) for kind, each in declared["plain"].items()]
    return tuple(
        Change(kind=kind, plain=is_plain, effect=effect, options=options)
        for kind, is_plain, entries in small + plain
        for entry in entries
        for effect, given in entry.items()
        for options in _each(effect, given)
    )


def _each(effect: str, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the options for each combination of the values in lists."""
    # formants are lists of frequencies themselves
    lists = [value if isinstance(value, list) else [value] for value in given.values()]
    for values in itertools.product(*lists):
        yield dict(zip(given, values, strict=True))
