"""The versions that the bits of a run depend on."""

import importlib.metadata
import platform

from patchwright.synths import Synth

_LIBRARIES = (
    *("patchwright", "torch", "numpy", "scipy", "numba", "librosa", "soxr"),
    *("pymoo", "deap", "cmaes", "optuna"),
)


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that the bits of a run depend on."""
    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version()} | found


def versions(synth: Synth) -> dict[str, str]:
    """Versions that the bits of a run depend on."""
    return library_versions() | ({"synth": synth.version} if synth.version else {})
