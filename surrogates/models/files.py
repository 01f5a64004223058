"""The files of a model folder, whatever the model: a card and weights that are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.models.card import Card, Kind
from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside
from patchwright.synths.presets import strict_json
from patchwright.synths.whole_file import own_folder, whole_file

CARD, WEIGHTS = "card.json", "weights.safetensors"

_MAX_CARD, _MAX_WEIGHTS = 4 * 2**20, 4 * 2**30  # bytes


C = TypeVar("C", bound=Card)


def write_files(
    folder: Path, card: Card, tensors: Mapping[str, Tensor], *, half: bool = False
) -> None:
    """Write a model folder, whole or not at all.

    Args:
        folder: Folder to write to; made if need be.
        card: Card of the model.
        tensors: Weights by name.
        half: Whether to store weights in half precision, in half of the space.
    """
    own_folder(folder)
    stored = {
        name: (x.half() if half and x.dtype == torch.float32 else x).contiguous().cpu()
        for name, x in tensors.items()
    }
    content = save(stored)
    text = card.model_dump(mode="json") | {"weights_sha256": hashlib.sha256(content).hexdigest()}
    with whole_file(folder / WEIGHTS) as part:
        part.write_bytes(content)
    with whole_file(folder / CARD) as part:
        part.write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_card(folder: Path, cls: type[C], kind: Kind) -> tuple[C, str]:
    """Read the card of a model, and the checksum of its weights, which it also holds.

    Args:
        folder: Folder of the model.
        cls: Class of the card.
        kind: Kind of the model.

    Raises:
        SurrogateError: If the folder holds no model, or one of another kind, or the card is
            damaged.
    """
    found = kind_of(folder)
    if found != kind:
        what = "no model" if found is None else f"a model of the kind {found}"
        raise SurrogateError(
            f"{folder} is {what}: name a folder that 'patchwright train {kind}' wrote."
        )
    path = folder / CARD
    try:
        content = _content(path)
        digest = content.pop("weights_sha256")
        card = cls.model_validate(content)
        card.check()
    except (ValidationError, SurrogateError, KeyError, TypeError, ValueError) as error:
        raise damaged(path) from error
    return card, digest


def kind_of(folder: Path) -> str | None:
    """Return the kind of the model in a folder; None if it holds none.

    Raises:
        SurrogateError: If the card is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        return str(_content(path)["kind"])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path) from error


def read_weights(folder: Path, digest: str) -> dict[str, Tensor]:
    """Read the weights of a model.

    Raises:
        SurrogateError: If they are missing, damaged, or not those of the card.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise damaged(path)
    content = read_outside(path, kind="the weights of a model", max_bytes=_MAX_WEIGHTS)
    if hashlib.sha256(content).hexdigest() != digest:
        raise damaged(path)
    try:
        return load(content)
    except SafetensorError as error:
        raise damaged(path) from error


def damaged(path: Path) -> SurrogateError:
    """Return the error about a damaged file of a model."""
    return SurrogateError(f"{path} is damaged: copy the model again, or train it again.")


def _content(path: Path) -> dict[str, Any]:
    text = read_outside(path, kind="the card of a model", max_bytes=_MAX_CARD)
    try:
        content = strict_json.parse(text, max_bytes=_MAX_CARD)
    except SynthError as error:
        raise ValueError("the card is no JSON") from error
    if not isinstance(content, dict):
        raise TypeError("the card is no mapping")
    return content
