"""Sets of distances that are minimised together, by name."""

OBJECTIVE_SETS: dict[str, tuple[str, ...]] = {
    "default": ("mrstft", "mfcc_mae", "envelope"),
    "classic": ("mrstft", "mfcc_mae", "envelope"),
    "autosoundmatch": ("spectral_convergence", "mrstft", "envelope"),
    "spiegelib": ("mfcc_mae",),
}
"""Names of distances by the name of their set.

`default` is used unless others are named. `classic` was the default before the hearing test.
`autosoundmatch` and `spiegelib` are those of the programs of these names.
"""
