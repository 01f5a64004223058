"""Give it a sound and a synthesizer; it finds the presets that make that sound.

``__all__`` lists the names that a script needs. Each is loaded at its first use, so that
``import patchwright`` takes a few milliseconds. Everything else is in `patchwright.synths`,
`patchwright.objectives`, `patchwright.search`, `patchwright.surrogates` and
`patchwright.experiments`.

Examples:
    >>> from patchwright import SYNTHS, parse_notes
    >>> SYNTHS["subtractive"].name
    'subtractive'
    >>> [note.pitch for note in parse_notes("C4+E4+G4:2")]
    [60, 64, 67]
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchwright.experiments.config import ExperimentConfig as ExperimentConfig
    from patchwright.experiments.match import Match as Match
    from patchwright.experiments.match import match as match
    from patchwright.experiments.match import run_experiment as run_experiment
    from patchwright.objectives import OBJECTIVES as OBJECTIVES
    from patchwright.objectives import ObjectiveSet as ObjectiveSet
    from patchwright.objectives import Target as Target
    from patchwright.search import OPTIMIZERS as OPTIMIZERS
    from patchwright.synths import Performance as Performance
    from patchwright.synths import Preset as Preset
    from patchwright.synths import parse_notes as parse_notes
    from patchwright.synths.builtin import SYNTHS as SYNTHS

    __version__: str

_MODULES = {
    "ExperimentConfig": "experiments.config",
    "Match": "experiments.match",
    "match": "experiments.match",
    "run_experiment": "experiments.match",
    "OBJECTIVES": "objectives",
    "ObjectiveSet": "objectives",
    "Target": "objectives",
    "OPTIMIZERS": "search",
    "Performance": "synths",
    "Preset": "synths",
    "parse_notes": "synths",
    "SYNTHS": "synths.builtin",
}

__all__ = ["__version__", *sorted(_MODULES)]


if not TYPE_CHECKING:  # a type checker then reports names that do not exist

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("patchwright")
        elif name in _MODULES:
            value = getattr(importlib.import_module(f"patchwright.{_MODULES[name]}"), name)
        else:
            raise AttributeError(f"module 'patchwright' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
