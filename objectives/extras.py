"""Libraries that only some distances and embeddings need, imported when they are asked for."""

from __future__ import annotations

import importlib
from typing import Any

from patchwright.objectives.target import ObjectiveError


def require(module: str, *, extra: str) -> Any:
    """Import a library.

    Args:
        module: What to import.
        extra: The extra of this project that brings it.

    Returns:
        The module.

    Raises:
        ObjectiveError: It is not installed; the message says how to do that.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        raise ObjectiveError(
            f"{module} is not installed: pip install 'patchwright[{extra}]'."
        ) from None


def reason(error: Exception) -> str:
    """The last line of what a library said, as far as it fits in a message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:300]
