"""Lock files: which parameters are free, their limits, and the values of the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.outside_file import is_file

_SHIPPED = Path(__file__).parents[1] / "shipped" / "locks"


class Locks(TypedDict, total=False):
    """Content of a lock file: the arguments of `ParameterSpace.lock`."""

    lock: Mapping[str, Any]
    free: Sequence[str] | None
    limit: Mapping[str, Any]


def shipped_locks() -> list[str]:
    """Return the names of the lock files that come with this package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def read_lock(name: str | Path) -> Locks:
    """Read a lock file.

    Args:
        name: Path, or name of a file that comes with this package, such as ``amsynth-32``.

    Returns:
        Content of the file, with the keys that it has.

    Raises:
        SynthError: If the file does not exist or is invalid.

    Examples:
        >>> read_lock("amsynth-32")["lock"]["keyboard_mode"]
        'poly'
    """
    path = Path(name)
    if str(name) in shipped_locks():
        path = _SHIPPED / f"{name}.yaml"
    elif not is_file(path):
        hint = did_you_mean(str(name), shipped_locks())
        raise SynthError(f"There is no lock file {name}: {hint}")
    from patchwright.synths.yaml_file import read_yaml  # here: plugins' processes read no YAML

    content = read_yaml(path)
    if not {*content} <= {*Locks.__annotations__} or not content:
        raise SynthError(
            f"{path} is not a lock file: give it the keys 'lock' (patterns and values), 'free' "
            "(patterns) or 'limit' (patterns and ranges), and no others."
        )
    return cast("Locks", content)
