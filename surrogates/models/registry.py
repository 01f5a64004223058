"""The models that searches find by themselves: those that come along, and the user's own."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path


def user_models() -> Path:
    """Return the folder of the user's models, which need not exist.

    `PATCHWRIGHT_MODELS` names another; the default is in the user's folder of data.
    """
    if (named := os.environ.get("PATCHWRIGHT_MODELS")) is not None:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "patchwright" / "models"


def shipped_models() -> Path:
    """Return the folder of the models that come with the package."""
    return Path(str(files("patchwright.surrogates") / "shipped"))


def model_folders() -> list[Path]:
    """Return the folders of all models, the user's own first, by name."""
    found = []
    for root in (user_models(), shipped_models()):
        found += sorted(path.parent for path in root.glob("*/card.json"))
    return found
