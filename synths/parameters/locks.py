"""Lock files: which parameters are free, their limits, and the values of the others."""

from pathlib import Path
from typing import Any

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.yaml_file import read_yaml

_SHIPPED = Path(__file__).parents[1] / "shipped" / "locks"


def shipped_locks() -> list[str]:
    """Return the names of the lock files that come with this package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def read_lock(name: str | Path) -> dict[str, Any]:
    """Read a lock file.

    Args:
        name: Path, or name of a file that comes with this package, such as ``amsynth-32``.

    Returns:
        Keys ``lock``, ``free`` and ``limit``, those that the file has: the arguments of
        `ParameterSpace.lock`.

    Raises:
        SynthError: If the file does not exist or is invalid.

    Examples:
        >>> read_lock("amsynth-32")["lock"]["keyboard_mode"]
        'poly'
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
            f"{path} is not a lock file: give it the keys 'lock' (patterns and values), 'free' "
            "(patterns) or 'limit' (patterns and ranges), and no others."
        )
    return content
