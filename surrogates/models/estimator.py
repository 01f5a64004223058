"""Model folders of estimators, written whole and checked when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators import Estimator, build_estimator, check_estimator
from patchwright.surrogates.estimators.hearing import Scale
from patchwright.surrogates.models.card import EstimatorCard
from patchwright.surrogates.models.files import (
    CARD,
    WEIGHTS,
    damaged,
    read_card,
    read_weights,
    write_files,
)
from patchwright.surrogates.proxies.relaxed import RelaxedSpace

_MEAN, _DEVIATION, _NETWORK = "scale.mean", "scale.deviation", "network."


@dataclass(frozen=True, eq=False)
class EstimatorModel:
    """An estimator with what it is for.

    Attributes:
        card: What it was made for, how, and how good it is.
        scale: Scale of what it hears.
        network: Network, in evaluation mode, without gradients of its weights.
        digest: Checksum of the weights on disk; empty if they are not.
    """

    card: EstimatorCard
    scale: Scale
    network: Estimator
    digest: str = ""

    def write(self, folder: Path, *, half: bool = False) -> None:
        """Write a model folder, whole or not at all.

        Args:
            folder: Folder to write to; made if need be.
            half: Whether to store weights in half precision, in half of the space.
        """
        tensors: dict[str, Tensor] = {_MEAN: self.scale.mean, _DEVIATION: self.scale.deviation}
        tensors |= {f"{_NETWORK}{name}": x for name, x in self.network.state_dict().items()}
        write_files(folder, self.card, tensors, half=half)

    @classmethod
    def read(cls, folder: Path) -> EstimatorModel:
        """Read a model folder.

        Raises:
            SurrogateError: If the folder holds no estimator, or a file is damaged or does not fit
                the card.
        """
        card, digest = read_estimator_card(folder)
        weights = {name: x.float() for name, x in read_weights(folder, digest).items()}
        try:
            space = RelaxedSpace.of(card.synth.subspace())
            network = build_estimator(
                card.estimator, space, card.shape, seed=card.seed, **card.options
            )
            scale = Scale(weights.pop(_MEAN), weights.pop(_DEVIATION))
            network.load_state_dict(
                {name.removeprefix(_NETWORK): tensor for name, tensor in weights.items()}
            )
        except (KeyError, RuntimeError, TypeError, SurrogateError) as error:
            raise damaged(folder / WEIGHTS) from error
        return cls(card, scale, network.eval().requires_grad_(False), digest)

    def hear(self, spectrograms: Tensor) -> Tensor:
        """Scale spectrograms `[n, b, f]` in dB, or embeddings `[n, e, 1]`, for the network."""
        with torch.no_grad():
            return self.scale(spectrograms)


def read_estimator_card(folder: Path) -> tuple[EstimatorCard, str]:
    """Read the card of an estimator, and the checksum of its weights.

    Raises:
        SurrogateError: If the folder holds no estimator, or the card is damaged.
    """
    card, digest = read_card(folder, EstimatorCard, "estimator")
    try:
        check_estimator(card.estimator, card.options)
    except SurrogateError as error:
        raise damaged(folder / CARD) from error
    return card, digest
