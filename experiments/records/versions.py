"""Versions that the bits of a run depend on."""

import importlib.metadata
import platform

from patchwright.objectives.embeddings import installed_networks
from patchwright.synths import Synth

_LIBRARIES = (
    *("patchwright", "torch", "numpy", "scipy", "numba", "librosa", "soxr"),
    *("pymoo", "deap", "cmaes", "optuna"),
)


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that the bits of a run depend on."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version()} | libraries | installed_networks()


def versions(synth: Synth) -> dict[str, str]:
    """Return the versions that the bits of a run depend on, that of the synth included."""
    return library_versions() | ({"synth": synth.version} if synth.version else {})
