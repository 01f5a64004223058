"""Lock files: which parameters may move and how far, and what the others are fixed at."""

from pathlib import Path
from typing import Any

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.yaml_file import read_yaml

_SHIPPED = Path(__file__).parents[1] / "shipped" / "locks"


def shipped_locks() -> list[str]:
    """Names of the lock files that come with this package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def read_lock(name: str | Path) -> dict[str, Any]:
    """Read a lock file.

    Args:
        name: Of a file that comes with this package, such as ``amsynth-32``, or a path.

    Returns:
        What `ParameterSpace.lock` takes: ``lock``, ``free`` and ``limit``, as far as the file has
        them.

    Raises:
        SynthError: If there is no such file, or it is wrong.
    """
    path = Path(name)
    if str(name) in shipped_locks():
        path = _SHIPPED / f"{name}.yaml"
    elif not path.is_file():
        hint = did_you_mean(str(name), shipped_locks())
        raise SynthError(f"There is no lock file {name}: {hint}")
    content = read_yaml(path)
    if not {*content} <= {"lock", "free", "limit"} or not content:
        raise SynthError(
            f"{path} must hold 'lock' (patterns and values), 'free' (patterns), 'limit' (patterns "
            "and ranges), or several of them."
        )
    return content
