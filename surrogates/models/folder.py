"""Model folders of proxies, written whole and checked when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from patchwright.surrogates.models.card import ProxyCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.files import (
    CARD,
    WEIGHTS,
    damaged,
    read_card,
    read_weights,
    write_files,
)
from patchwright.surrogates.models.projection import Projection
from patchwright.surrogates.proxies import PROXIES, Proxy, RelaxedSpace, build_proxy


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
        tensors = {
            "projection.mean": self.projection.mean,
            "projection.basis": self.projection.basis,
            "projection.scale": torch.tensor([self.projection.scale], dtype=torch.float64),
        }
        for seed, member in zip(self.card.members, self.ensemble.members, strict=True):
            tensors |= {f"{seed}.{name}": x for name, x in member.state_dict().items()}
        write_files(folder, self.card, tensors, half=half)

    @classmethod
    def read(cls, folder: Path) -> ProxyModel:
        """Read a model folder.

        Raises:
            SurrogateError: If the folder holds no model, or a file is damaged or does not fit the
                card.
        """
        card, digest = read_proxy_card(folder)
        try:
            loaded = read_weights(folder, digest)
            scale = float(loaded["projection.scale"][0])
            tensors = {name: x.float() for name, x in loaded.items()}
            projection = Projection(
                tensors["projection.mean"],
                tensors["projection.basis"],
                scale,
                card.kept,
            )
            members = [_member(card, seed, tensors) for seed in card.members]
        except (KeyError, RuntimeError, TypeError) as error:
            raise damaged(folder / WEIGHTS) from error
        return cls(card, projection, Ensemble(members), digest)


def read_proxy_card(folder: Path) -> tuple[ProxyCard, str]:
    """Read the card of a model of proxies, and the checksum of its weights.

    Raises:
        SurrogateError: If the folder holds no such model, or the card is damaged.
    """
    card, digest = read_card(folder, ProxyCard, "proxy")
    if card.proxy not in PROXIES:
        raise damaged(folder / CARD)
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
