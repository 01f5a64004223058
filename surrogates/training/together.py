"""Training of one encoder with a decoder for each of several synths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators.hearing import Scale
from patchwright.surrogates.estimators.vae import VAE
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.training.checkpoint import Checkpoint
from patchwright.surrogates.training.data import training_identity
from patchwright.surrogates.training.estimator import (
    CHECKPOINT,
    EstimatorTraining,
    estimator_source,
    heard_column,
    new_estimator,
    scored_model,
)
from patchwright.surrogates.training.heard import HeardExamples, HeardSource
from patchwright.surrogates.training.progress import Progress
from patchwright.surrogates.training.trainer import train
from patchwright.synths.whole_file import own_folder

_FITTED = 2_048  # rows of each dataset to which the scale is fitted
_ANNEALED = 0.4  # share of the steps in which the weight of the divergence rises


class Together(nn.Module):
    """Autoencoders of several synths, with the same encoder.

    Args:
        members: Autoencoders; the encoder and the posterior of the first become those of all.
    """

    def __init__(self, members: Sequence[VAE]) -> None:
        super().__init__()
        for member in members[1:]:
            member.encoder, member.posterior = members[0].encoder, members[0].posterior
        self.members = nn.ModuleList(members)


@dataclass(frozen=True, eq=False)
class TogetherExamples:
    """Examples of several synths.

    Attributes:
        parts: Number of a synth, and examples of it.
        annealed: Weight of the divergence, from 0 to 1.
    """

    parts: Sequence[tuple[int, HeardExamples]]
    annealed: float = 1.0

    def __len__(self) -> int:
        return sum(len(part) for _, part in self.parts)

    def to(self, device: torch.device) -> TogetherExamples:
        """Return the same on another device."""
        return replace(self, parts=[(number, part.to(device)) for number, part in self.parts])

    def split(self, size: int) -> Iterator[TogetherExamples]:
        """Divide them into parts of `size` examples of one synth."""
        for number, part in self.parts:
            for piece in part.split(size):
                yield replace(self, parts=[(number, piece)])


@dataclass(frozen=True, eq=False)
class TogetherSource:
    """Batches with the same number of examples of each synth.

    Attributes:
        sources: Source of each synth.
        rising: Steps in which the weight of the divergence rises from 0 to 1.
    """

    sources: Sequence[HeardSource]
    rising: int

    def batch(self, step: int) -> TogetherExamples:
        """Return the batch of a step, from 0."""
        parts = [(number, source.batch(step)) for number, source in enumerate(self.sources)]
        return TogetherExamples(parts, min(1.0, step / max(1, self.rising)))


def together_loss(
    network: nn.Module, examples: TogetherExamples, generator: torch.Generator
) -> Tensor:
    """Return the loss of each example, `[n]`, with the annealed weight of the divergence."""
    assert isinstance(network, Together)  # noqa: S101
    losses = []
    for number, part in examples.parts:
        member = network.members[number]
        assert isinstance(member, VAE)  # noqa: S101
        likelihood, divergence = member.terms(part.heard, part.note, part.relaxed, generator)
        losses.append(likelihood + examples.annealed * member.beta * divergence)
    return torch.cat(losses)


def train_together(
    data: Sequence[Dataset],
    training: EstimatorTraining,
    folder: Path,
    *,
    device: torch.device,
    report: Callable[[int, Progress], None] = lambda member, progress: None,
    half: bool = False,
) -> list[EstimatorModel]:
    """Train one encoder and a decoder for each synth, and write a model folder for each.

    Args:
        data: Datasets of different synths, with the same front end.
        training: Settings; the estimator is ``vae``.
        folder: Folder of the models, each in a folder with the name of its synth.
        device: Device to train on.
        report: Function to call after each evaluation.
        half: Whether to store weights in half precision.

    Returns:
        The models, in the order of the datasets; each predicts presets of its synth from sounds of
        any.

    Raises:
        SurrogateError: If the datasets do not go together, or the training diverges.
    """
    check_together(data, training)
    own_folder(folder)
    scale = _common_scale(data, training.embedding)
    each = replace(
        training, settings=replace(training.settings, batch=training.settings.batch // len(data))
    )
    sources = [estimator_source(d, d.rows("train"), each, scale) for d in data]
    held_out = [estimator_source(d, d.rows("valid"), each, scale).plain() for d in data]
    members = [new_estimator(source, training) for source in sources]
    network = Together([member for member in members if isinstance(member, VAE)])
    identity = training_identity(data[0], training, *(d.sha256 for d in data[1:]))
    train(
        network,
        TogetherSource(sources, round(_ANNEALED * training.settings.steps)),
        TogetherExamples(list(enumerate(held_out))),
        training.settings,
        loss_of=together_loss,
        device=device,
        seed=training.seed,
        checkpoint=Checkpoint(folder / CHECKPOINT, identity),
        report=partial(report, 0),
    )
    network.cpu().requires_grad_(False)
    found = []
    for dataset, source, member in zip(data, sources, members, strict=True):
        model = scored_model(dataset, training, source, member)
        place = folder / dataset.card.synth.name
        model.write(place, half=half)
        found.append(EstimatorModel.read(place))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return found


def _common_scale(data: Sequence[Dataset], embedding: str) -> Scale:
    """Fit the scale to some rows of all datasets."""
    return Scale.fit(
        np.concatenate([heard_column(d, d.rows("train")[:_FITTED], embedding) for d in data])
    )


def check_together(data: Sequence[Dataset], training: EstimatorTraining) -> None:
    """Check that datasets can be learned together; see `train_together`.

    Raises:
        SurrogateError: If not.
    """
    names = [each.card.synth.name for each in data]
    if training.estimator != VAE.name or training.perceptual:
        raise SurrogateError("Several datasets need the estimator vae, and no perceptual loss.")
    if len(set(names)) < len(names):
        raise SurrogateError("Two datasets are of the same synth: merge them, and give one.")
    if any(each.features != data[0].features for each in data):
        raise SurrogateError(
            "The datasets have different front ends: make them with equal length, sr and features."
        )
