"""YAML files of keys and values."""

from pathlib import Path
from typing import Any

import yaml

from patchwright.synths.errors import SynthError


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Args:
        path: YAML file in UTF-8.

    Returns:
        The mapping.

    Raises:
        SynthError: If the file cannot be read, is not YAML or does not hold a mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise SynthError(f"{path} is not YAML{where}: check indents and colons.") from error
    if not isinstance(content, dict):
        raise SynthError(f"{path} must hold keys and values, such as 'seed: 0'.")
    return content
