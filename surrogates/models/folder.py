"""Model folders: a card and weights, written whole and checked when they are read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.models.card import ProxyCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.projection import Projection
from patchwright.surrogates.proxies import PROXIES, Proxy, RelaxedSpace, build_proxy
from patchwright.synths.outside_file import read_outside
from patchwright.synths.whole_file import own_folder, whole_file

CARD, WEIGHTS = "card.json", "weights.safetensors"

_MAX_CARD, _MAX_WEIGHTS = 64 * 2**20, 4 * 2**30  # bytes


@dataclass(frozen=True, eq=False)
class ProxyModel:
    """Proxies with what they are for.

    Attributes:
        card: What it was made for, how, and how good it is.
        projection: Components that are predicted.
        ensemble: Networks, in evaluation mode, without gradients of their weights.
        digest: Checksum of the weights on disk; empty if they are not.
    """

    card: ProxyCard
    projection: Projection
    ensemble: Ensemble
    digest: str = ""

    def write(self, folder: Path, *, half: bool = False) -> None:
        """Write a model folder, whole or not at all.

        Args:
            folder: Folder to write to; made if need be.
            half: Whether to store weights in half precision, in half of the space.
        """
        own_folder(folder)
        tensors = {
            "projection.mean": self.projection.mean,
            "projection.basis": self.projection.basis,
            "projection.scale": torch.tensor([self.projection.scale], dtype=torch.float64),
        }
        for seed, member in zip(self.card.members, self.ensemble.members, strict=True):
            tensors |= {f"{seed}.{name}": x for name, x in member.state_dict().items()}
        stored = {
            name: (x.half() if half and x.dtype == torch.float32 else x).contiguous().cpu()
            for name, x in tensors.items()
        }
        content = save(stored)
        card = self.card.model_dump(mode="json") | {
            "weights_sha256": hashlib.sha256(content).hexdigest()
        }
        with whole_file(folder / WEIGHTS) as part:
            part.write_bytes(content)
        with whole_file(folder / CARD) as part:
            part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> ProxyModel:
        """Read a model folder.

        Raises:
            SurrogateError: If the folder holds no model, or a file is damaged or does not fit the
                card.
        """
        card, digest = read_card(folder)
        path = folder / WEIGHTS
        if not path.is_file():
            raise _damaged(path)
        content = read_outside(path, kind="the weights of a model", max_bytes=_MAX_WEIGHTS)
        if hashlib.sha256(content).hexdigest() != digest:
            raise _damaged(path)
        try:
            loaded = load(content)
            scale = float(loaded["projection.scale"][0])
            tensors = {name: x.float() for name, x in loaded.items()}
            projection = Projection(
                tensors["projection.mean"],
                tensors["projection.basis"],
                scale,
                card.kept,
            )
            members = [_member(card, seed, tensors) for seed in card.members]
        except (SafetensorError, KeyError, RuntimeError, TypeError) as error:
            raise _damaged(path) from error
        return cls(card, projection, Ensemble(members), digest)


def read_card(folder: Path) -> tuple[ProxyCard, str]:
    """Read the card of a model, and the checksum of its weights, which it also holds.

    Raises:
        SurrogateError: If the folder holds no model, or the card is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        raise SurrogateError(
            f"{folder} is no model: name a folder that 'patchwright train proxy' wrote."
        )
    try:
        content = json.loads(read_outside(path, kind="the card of a model", max_bytes=_MAX_CARD))
        digest = content.pop("weights_sha256")
        card = ProxyCard.model_validate(content)
        card.synth.subspace()
        if card.proxy not in PROXIES:
            raise KeyError(card.proxy)
    except (ValidationError, SurrogateError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    return card, digest


def _member(card: ProxyCard, seed: int, tensors: dict[str, Tensor]) -> Proxy:
    network = build_proxy(
        card.proxy,
        RelaxedSpace.of(card.synth.subspace()),
        card.components,
        seed=seed,
        **card.options,
    )
    start = f"{seed}."
    network.load_state_dict(
        {name.removeprefix(start): x for name, x in tensors.items() if name.startswith(start)}
    )
    return network.eval().requires_grad_(False)


def _damaged(path: Path) -> SurrogateError:
    return SurrogateError(f"{path} is damaged: copy the model again, or train it again.")
