"""Training of estimators on a dataset, into a model folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.sealed import Rows
from patchwright.surrogates.differences import differences
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators import Estimator, build_estimator, check_estimator
from patchwright.surrogates.estimators.augmentation import Augmentation
from patchwright.surrogates.estimators.hearing import Scale
from patchwright.surrogates.estimators.scores import parameter_scores
from patchwright.surrogates.models.card import EstimatorCard
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.training.checkpoint import Checkpoint
from patchwright.surrogates.training.data import (
    sounds_column,
    training_identity,
    training_rows,
)
from patchwright.surrogates.training.heard import HeardSource, Recordings
from patchwright.surrogates.training.losses import mixed_loss, on_device
from patchwright.surrogates.training.progress import Progress
from patchwright.surrogates.training.trainer import TrainingSettings, train
from patchwright.synths.whole_file import own_folder

_SCORED = 2_048  # test presets whose parameters are scored

CHECKPOINT = "training.safetensors"
"""Name of the file of an unfinished training."""


@dataclass(frozen=True, kw_only=True)
class EstimatorTraining:
    """What is trained.

    Attributes:
        estimator: Name of the network.
        options: Options of the network.
        embedding: Name of an embedding in the dataset to hear, instead of spectrograms.
        augmentation: Changes of what is heard in training; None for none.
        parameters: Weight of the loss of parameters.
        perceptual: Weight of the perceptual loss: the distance, through a frozen proxy, between the
            sound of the predicted preset and what was heard. Recordings have this one alone.
        recordings: Share of the examples of a batch that are recordings.
        seed: Seed of every random choice.
        settings: Steps, rates and patience.
    """

    estimator: str = "flow"
    options: Mapping[str, Any] = field(default_factory=dict)
    embedding: str = ""
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    parameters: float = 1.0
    perceptual: float = 0.0
    recordings: float = 0.25
    seed: int = 0
    settings: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_estimator(self.estimator, self.options)
        if min(self.parameters, self.perceptual) < 0 or not self.parameters + self.perceptual:
            raise SurrogateError(
                "parameters and perceptual are weights of at least 0, of which one is above 0."
            )
        if not 0 < self.recordings <= 1:
            raise SurrogateError(
                f"recordings must be above 0 and at most 1, not {self.recordings}."
            )


def train_estimator(
    data: Dataset,
    training: EstimatorTraining,
    folder: Path,
    *,
    device: torch.device,
    start: EstimatorModel | None = None,
    proxy: ProxyModel | None = None,
    recordings: Recordings | None = None,
    report: Callable[[int, Progress], None] = lambda member, progress: None,
    half: bool = False,
) -> EstimatorModel:
    """Train an estimator on a dataset, or continue, and write the model folder.

    Args:
        data: Data set.
        training: Network, losses and settings.
        folder: Folder of the model; the checkpoint is kept there until it is trained.
        device: Device to train on.
        start: Estimator whose weights are the initial ones, of the same network.
        proxy: Frozen proxy of the perceptual loss, of the same synth and front end.
        recordings: Recordings to adapt to by the perceptual loss; None for none.
        report: Function to call after each evaluation, with 0 for the only network.
        half: Whether to store weights in half precision.

    Returns:
        The model, as it is stored; its card has its scores on the test presets.

    Raises:
        SurrogateError: If the dataset is too small, the other models do not suit it, the checkpoint
            is of another training, or the training diverges.
    """
    check_models(data, training, start, proxy, recordings)
    own_folder(folder)
    rows = training_rows(data)
    scale = None if start is None else start.scale
    source = estimator_source(data, rows, training, scale, recordings)
    held_out = estimator_source(data, data.rows("valid"), training, source.scale).plain()
    network = new_estimator(source, training)
    if start is not None:
        network.load_state_dict(start.network.state_dict())
    others = [model.digest for model in (start, proxy) if model is not None]
    if recordings is not None:
        others.append(recordings.sha256)
    checkpoint = Checkpoint(folder / CHECKPOINT, training_identity(data, training, *others))
    train(
        network,
        source,
        held_out,
        training.settings,
        loss_of=partial(
            mixed_loss,
            parameters=training.parameters,
            perceptual=training.perceptual,
            proxy=None if proxy is None else on_device(proxy, device),
        ),
        device=device,
        seed=training.seed,
        checkpoint=checkpoint,
        report=partial(report, 0),
    )
    network.cpu().requires_grad_(False)
    found = {
        "start": "" if start is None else start.digest,
        "proxy": "" if proxy is None else proxy.digest,
        "recordings": 0 if recordings is None else len(recordings.notes),
    }
    scored_model(data, training, source, network, **found).write(folder, half=half)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return EstimatorModel.read(folder)


def new_estimator(source: HeardSource, training: EstimatorTraining) -> Estimator:
    """Make the network of a training, with its initial weights."""
    shape = source.features.shape[1], source.features.shape[2]
    return build_estimator(
        training.estimator, source.space, shape, seed=training.seed, **training.options
    )


def scored_model(
    data: Dataset,
    training: EstimatorTraining,
    source: HeardSource,
    network: Estimator,
    **found: Any,
) -> EstimatorModel:
    """Describe a trained network, and score it on test presets.

    Args:
        data: Dataset.
        training: What was trained.
        source: Examples that it learned from.
        network: Network.
        found: Other entries of the card.
    """
    card = EstimatorCard(
        estimator=training.estimator,
        options=dict(training.options),
        seed=training.seed,
        synth=data.card.synth,
        notes=data.card.notes,
        features=data.features,
        embedding=training.embedding,
        shape=network.shape,
        data=data.sha256,
        examples=len(source.values),
        training=_settings(training),
        versions={"torch": torch.__version__.partition("+")[0]},
        **found,
    )
    model = EstimatorModel(card, source.scale, network.eval())
    scores = estimator_scores(model, data, data.rows("test")[:_SCORED])
    return replace(model, card=card.model_copy(update={"scores": scores}))


def estimator_scores(model: EstimatorModel, data: Dataset, rows: Rows) -> dict[str, float]:
    """Score the answers of an estimator, parameter by parameter; see `parameter_scores`."""
    with torch.no_grad():
        heard = model.hear(torch.from_numpy(heard_column(data, rows, model.card.embedding)).float())
        note = scaled_note(data.read("notes", rows))
        answers = torch.cat(
            [
                model.network.answer(h, n)
                for h, n in zip(heard.split(256), note.split(256), strict=True)
            ]
        )
    values = data.read("values", rows).astype(np.float64)[:, data.subspace.free]
    return parameter_scores(model.network.space, model.network.space.values(answers), values)


def heard_column(data: Dataset, rows: Rows, embedding: str = "") -> np.ndarray:
    """Read spectrograms, or embeddings as one frame, `[n, b, f]`."""
    found = data.read(sounds_column(embedding), rows)
    return found[:, :, None] if embedding else found


def estimator_source(
    data: Dataset,
    rows: Rows,
    training: EstimatorTraining,
    scale: Scale | None = None,
    recordings: Recordings | None = None,
) -> HeardSource:
    """Read the examples of rows of a dataset.

    Args:
        data: Dataset.
        rows: Rows to read, `[n]`.
        training: What is trained.
        scale: Scale of what is heard; fitted to the rows if None.
        recordings: Recordings to mix in; None for none.
    """
    heard = heard_column(data, rows, training.embedding)
    return HeardSource(
        space=RelaxedSpace.of(data.subspace),
        features=torch.from_numpy(heard),
        note=scaled_note(data.read("notes", rows)),
        values=data.read("values", rows).astype(np.float64)[:, data.subspace.free],
        scale=Scale.fit(heard) if scale is None else scale,
        front=None if training.embedding else data.features,
        augmentation=training.augmentation,
        recordings=recordings,
        mixed=training.recordings,
        size=training.settings.batch,
        seed=training.seed,
    )


def check_models(
    data: Dataset,
    training: EstimatorTraining,
    start: EstimatorModel | None,
    proxy: ProxyModel | None,
    recordings: Recordings | None,
) -> None:
    """Check that the parts of a training suit each other; see `train_estimator`.

    Raises:
        SurrogateError: If one is missing, or of another synth, lock, front end or network.
    """
    if training.perceptual and proxy is None:
        raise SurrogateError("A perceptual loss needs a proxy: name the folder of one as proxy.")
    if proxy is not None and (proxy.card.embedding or training.embedding):
        raise SurrogateError("A perceptual loss is of spectrograms: leave embeddings out.")
    if recordings is not None and not training.perceptual:
        raise SurrogateError(
            "Recordings have no parameters: give perceptual a weight, and name a proxy."
        )
    models: Sequence[tuple[str, EstimatorModel | ProxyModel | None]] = (
        ("start", start),
        ("proxy", proxy),
    )
    for what, model in models:
        if model is None:
            continue
        found = model.card.synth.differences(data.card.synth)
        found += differences(model.card.features.__dict__, data.features.__dict__, "features")
        if found:
            raise SurrogateError(
                f"The model of {what} is for another synth or front end than the dataset: "
                f"{found[0]}; name one that was trained on the same."
            )
    if start is not None and (start.card.estimator, start.card.options, start.card.embedding) != (
        training.estimator,
        dict(training.options),
        training.embedding,
    ):
        raise SurrogateError(
            "The estimator to start from is another network: give the same estimator, options and "
            "embedding as its card."
        )


def _settings(training: EstimatorTraining) -> dict[str, Any]:
    left_out = {"estimator", "options", "embedding", "seed"}
    return {key: value for key, value in asdict(training).items() if key not in left_out}
