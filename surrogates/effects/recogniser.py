"""A recogniser of effects: probabilities that are calibrated, and an answer for unknown sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from patchwright.surrogates.effects.features import EffectFeatures, Heard
from patchwright.surrogates.effects.networks import NETWORKS, FeatureNetwork, Network, build
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.models.card import Card
from patchwright.surrogates.models.files import (
    WEIGHTS,
    damaged,
    read_card,
    read_weights,
    write_files,
)

_PRESENT = 0.5


class RecogniserCard(Card):
    """What a recogniser is, and how good: its format has the version of the features too.

    Attributes:
        labels: Effects that it recognises.
        networks: Kinds of its networks.
        slopes: Factors of the logits by label, from calibration on held-out sounds.
        offsets: Numbers added to the logits by label, likewise.
        unlike: Distance of the features from those learned from, beyond which a sound is unknown.
        examples: Number of sounds that it learned from.
        instruments: Names of the dry sounds that it learned from.
    """

    format: Literal[2] = 2
    kind: Literal["recogniser"] = "recogniser"
    labels: tuple[str, ...] = Field(min_length=1, max_length=100)
    networks: tuple[str, ...] = Field(min_length=1, max_length=len(NETWORKS))
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    unlike: float = Field(gt=0)
    examples: int = Field(ge=1)
    instruments: tuple[str, ...]

    def check(self) -> None:
        """Check that each label is calibrated; see `Card.check`."""
        if not len(self.slopes) == len(self.offsets) == len(self.labels):
            raise SurrogateError("The card calibrates another number of labels: train it again.")


@dataclass(frozen=True)
class Recognition:
    """What is heard on one sound.

    Attributes:
        probabilities: Calibrated probability of each effect, by name.
        distance: Distance of the sound from those that were learned from; 1 is the limit.
    """

    probabilities: dict[str, float]
    distance: float

    @property
    def unknown(self) -> bool:
        """Whether the sound is unlike those learned from, so that no answer is to be trusted."""
        return self.distance > 1

    @property
    def present(self) -> tuple[str, ...]:
        """Effects that are more likely on the sound than not, the likeliest first."""
        likely = [name for name, p in self.probabilities.items() if p >= _PRESENT]
        return tuple(sorted(likely, key=lambda name: -self.probabilities[name]))


@dataclass(frozen=True, eq=False)
class Recogniser:
    """Networks with their calibration.

    Attributes:
        card: What it is.
        networks: Networks in evaluation mode, in the order of the card.
    """

    card: RecogniserCard
    networks: tuple[Network, ...]

    def recognise(self, audio: NDArray[np.float32]) -> list[Recognition]:
        """Recognise the effects on mono sounds.

        Args:
            audio: Sounds `[n, t]` at `features.SR`, of any level; the first two seconds count.
        """
        heard = EffectFeatures()(audio)
        probabilities, distance = self.measure(heard)
        return [
            Recognition(dict(zip(self.card.labels, row, strict=True)), far)
            for row, far in zip(probabilities.tolist(), distance.tolist(), strict=True)
        ]

    def measure(self, heard: Heard) -> tuple[Tensor, Tensor]:
        """Return probabilities `[n, labels]`, and distances `[n]` in units of the limit."""
        slopes, offsets = torch.tensor(self.card.slopes), torch.tensor(self.card.offsets)
        probabilities = torch.sigmoid(slopes * logits(self.networks, heard) + offsets)
        return probabilities, unlikeness(self.networks, heard) / self.card.unlike

    def write(self, folder: Path) -> None:
        """Write a model folder, whole or not at all."""
        tensors = {
            f"{kind}.{name}": x
            for kind, network in zip(self.card.networks, self.networks, strict=True)
            for name, x in network.state_dict().items()
        }
        write_files(folder, self.card, tensors, half=True)

    @classmethod
    def read(cls, folder: Path) -> Recogniser:
        """Read a model folder.

        Raises:
            SurrogateError: If it holds no recogniser, or a file is damaged.
        """
        card, digest = read_card(folder, RecogniserCard, "recogniser")
        tensors = read_weights(folder, digest)
        try:
            return cls(card, tuple(_restored(card, tensors)))
        except (KeyError, RuntimeError, SurrogateError) as error:
            raise damaged(folder / WEIGHTS) from error


def logits(networks: Sequence[Network], heard: Heard) -> Tensor:
    """Return the mean of the networks' logits, `[n, labels]`."""
    with torch.no_grad():
        each = [network.eval()(heard.features, heard.mel) for network in networks]
    return torch.stack(each).mean(0)


def unlikeness(networks: Sequence[Network], heard: Heard) -> Tensor:
    """Return how far features are from those learned from: root mean square deviations, `[n]`."""
    for network in networks:
        if isinstance(network, FeatureNetwork):
            return network.standardised(heard.features).square().mean(1).sqrt()
    return torch.zeros(len(heard.features))


def _restored(card: RecogniserCard, tensors: dict[str, Tensor]) -> list[Network]:
    networks = []
    for kind in card.networks:
        network = build(kind, features=EffectFeatures.width, labels=len(card.labels), seed=0)
        start = f"{kind}."
        own = {name: x for name, x in tensors.items() if name.startswith(start)}
        state = {name.removeprefix(start): x.float() for name, x in own.items()}
        network.load_state_dict(state)
        networks.append(network.eval())
    return networks
