"""Small spaces, of which every preset can be listed, and presets of two kinds."""

import itertools

import numpy as np

from patchwright.synths import Parameter, ParameterSpace, Prior

MIXED = ParameterSpace(
    (
        Parameter(name="wave", kind="categorical", choices=("sine", "saw", "pulse"), default="saw"),
        Parameter(name="level", kind="continuous", default=0.5, prior=Prior(point=0.0, mass=0.4)),
        Parameter(name="octave", kind="integer", low=-2, high=2, default=0),
        Parameter(name="sync", kind="boolean", default=False),
        Parameter(name="cutoff", kind="continuous", default=0.5, prior=Prior(low=0.25, high=0.75)),
    )
)
DISCRETE = ParameterSpace(
    tuple(parameter for parameter in MIXED.parameters if parameter.kind != "continuous")
)


def every_preset(space):
    """All presets of a space of discrete parameters, `[n, P]`."""
    levels = [np.arange(k) / max(k - 1, 1) for k in space.levels]
    return np.array(list(itertools.product(*levels)))


def two_kinds(n, seed=0):
    """Presets of `MIXED`: bright saws at full level, or dark sines that vary."""
    rng = np.random.default_rng(seed)
    bright = rng.random(n) < 0.5
    return np.stack(
        [
            np.where(bright, 0.5, 0.0),
            np.where(bright, 1.0, rng.random(n)),
            rng.integers(5, size=n) / 4,
            (rng.random(n) < np.where(bright, 0.9, 0.1)).astype(float),
            np.where(bright, rng.uniform(0.7, 1, n), rng.uniform(0, 0.3, n)),
        ],
        axis=1,
    )
