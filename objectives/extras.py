"""Optional dependencies (extras), imported by the distances and embeddings that need them."""

from __future__ import annotations

import importlib
from typing import Any

from patchwright.objectives.target import ObjectiveError


def require(module: str, *, extra: str) -> Any:
    """Import an optional dependency.

    Args:
        module: Name of the module.
        extra: Extra of this project that installs it.

    Returns:
        The module.

    Raises:
        ObjectiveError: The module is not installed; the message says how to install it.

    Examples:
        >>> require("math", extra="jtfs").sqrt(9)
        3.0
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        raise ObjectiveError(
            f"{module} is not installed: pip install 'patchwright[{extra}]'."
        ) from None


def last_line(error: Exception) -> str:
    """Return the last line of a library's error message, at most 300 characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:300]
