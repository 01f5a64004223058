"""The models that searches find by themselves: those that come along, and the user's own."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from patchwright.surrogates.models.card import Kind
from patchwright.surrogates.models.files import kind_of

MODELS = "PATCHWRIGHT_MODELS"
"""Environment variable: folder of the user's models; if empty, no model is found by itself."""


def user_models() -> Path:
    """Return the folder of the user's models, which need not exist.

    `PATCHWRIGHT_MODELS` names another; the default is in the user's folder of data.
    """
    if named := os.environ.get(MODELS):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "patchwright" / "models"


def shipped_models() -> Path:
    """Return the folder of the models that come with the package."""
    return Path(str(files("patchwright.surrogates") / "shipped"))


def model_folders(kind: Kind) -> list[Path]:
    """Return the folders of all models of a kind, by name: the user's own, then the package's.

    Args:
        kind: Kind of model.

    Raises:
        SurrogateError: If a card is damaged.
    """
    if os.environ.get(MODELS) == "":
        return []
    found: list[Path] = []
    for root in (user_models(), shipped_models()):
        found += sorted(path.parent for path in root.glob("*/card.json"))
    return [folder for folder in found if kind_of(folder) == kind]
