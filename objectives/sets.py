"""Sets of distances that are minimised together, by name."""

from collections.abc import Iterable

OBJECTIVE_SETS: dict[str, tuple[str, ...]] = {
    "default": ("mfccd", "embedding", "spectral_convergence"),
    "classic": ("mrstft", "mfcc_mae", "envelope"),
    "autosoundmatch": ("spectral_convergence", "mrstft", "envelope"),
    "spiegelib": ("mfcc_mae",),
}
"""Names of distances by the name of their set.

`default` is used unless others are named. `classic` was the default before the hearing test.
`autosoundmatch` and `spiegelib` are those of the programs of these names.
"""


def expand_sets(names: Iterable[str]) -> list[str]:
    """Replace the names of sets by those of their distances, each once.

    Examples:
        >>> expand_sets(["spiegelib", "f0"])
        ['mfcc_mae', 'f0']
    """
    return list(dict.fromkeys(each for name in names for each in OBJECTIVE_SETS.get(name, (name,))))
