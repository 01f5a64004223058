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
    """A subspace with a parameter for each letter; `1` has one level."""
    parameters = (Parameter(name=f"x{i}", **_KINDS[kind]) for i, kind in enumerate(kinds))
    return ParameterSpace(tuple(parameters)).lock()


def distance_to(points):
    """A function that returns mean squared distances to points `[m, d]`."""

    def scores(genotypes):
        return ((genotypes[:, np.newaxis] - points) ** 2).mean(axis=2)

    return scores


def tell(optimizer, genotypes, scores):
    """Tell scores, and two coordinates as descriptors or residuals if the optimizer uses them."""
    coordinates = genotypes[:, [0, -1]]
    details = {"descriptors": coordinates} if optimizer.needs_descriptors else {}
    if optimizer.learns_from_residuals:
        details["residuals"] = (coordinates - 0.3).astype(np.float16)
    optimizer.tell(genotypes, scores, **details)


def drive(optimizer, scores, generations):
    """The genotypes of each generation, until the optimizer stops."""
    asked = []
    for _ in range(generations):
        genotypes = optimizer.ask()
        if not len(genotypes):
            assert optimizer.stopped()
            break
        asked.append(genotypes)
        tell(optimizer, genotypes, scores(genotypes))
    return asked
