"""Small spaces and problems for the tests of optimizers."""

import numpy as np

from patchwright.synths import Parameter, ParameterSpace

_KINDS = {
    "c": {"kind": "continuous", "default": 0.5},
    "i": {"kind": "integer", "low": 0, "high": 9, "default": 3},
    "k": {"kind": "categorical", "choices": ("a", "b", "c"), "default": "a"},
    "b": {"kind": "boolean", "default": False},
    "1": {"kind": "categorical", "choices": ("only",), "default": "only"},
}


def subspace_of(kinds):
    """One parameter a letter: continuous, integer, categorical, boolean, or of one level."""
    parameters = (Parameter(name=f"x{i}", **_KINDS[kind]) for i, kind in enumerate(kinds))
    return ParameterSpace(tuple(parameters)).lock()


def distance_to(points):
    """Mean squared distances to points `[m, d]`."""

    def scores(genotypes):
        return ((genotypes[:, np.newaxis] - points) ** 2).mean(axis=2)

    return scores


def tell(optimizer, genotypes, scores):
    """Tell scores; of methods that ask for more, the first and the last coordinate too."""
    some = genotypes[:, [0, -1]]
    told = {"descriptors": some} if optimizer.needs_descriptors else {}
    if optimizer.learns_from_residuals:
        told["residuals"] = (some - 0.3).astype(np.float16)
    optimizer.tell(genotypes, scores, **told)


def drive(optimizer, scores, generations):
    """What is asked in some generations."""
    asked = []
    for _ in range(generations):
        genotypes = optimizer.ask()
        if not len(genotypes):
            assert optimizer.stopped()
            break
        asked.append(genotypes)
        tell(optimizer, genotypes, scores(genotypes))
    return asked
