"""Training of proxies on a dataset, into a model folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.sealed import Rows
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.models.card import ProxyCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.models.projection import Projection
from patchwright.surrogates.proxies import PROXIES, RelaxedSpace, build_proxy, proxy_options
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.proxies.ranks import rank_scores
from patchwright.surrogates.training.checkpoint import Checkpoint
from patchwright.surrogates.training.data import (
    sounds_column,
    training_identity,
    training_rows,
)
from patchwright.surrogates.training.examples import Examples, StoredExamples
from patchwright.surrogates.training.progress import Progress
from patchwright.surrogates.training.trainer import TrainingSettings, absolute_error, train
from patchwright.synths import did_you_mean
from patchwright.synths.whole_file import own_folder

_FITTED = 8_192  # rows to which the principal components are fitted
_READ = 4_096  # rows of features that are reduced at once
_CANDIDATES, _SUBSETS = 4_096, 100  # of the ranks


@dataclass(frozen=True, kw_only=True)
class ProxyTraining:
    """What is trained.

    Attributes:
        proxy: Name of the network.
        options: Options of the network.
        embedding: Name of an embedding in the dataset to predict, instead of spectrograms.
        components: Number of principal components to predict.
        members: Number of networks, which differ in their initial weights and the order of
            examples.
        seed: Seed of every random choice.
        settings: Steps, rates and patience.
    """

    proxy: str = "residual_mlp"
    options: Mapping[str, Any] = field(default_factory=dict)
    embedding: str = ""
    components: int = 192
    members: int = 2
    seed: int = 0
    settings: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        if self.proxy not in PROXIES:
            raise SurrogateError(
                f"There is no proxy {self.proxy!r}: {did_you_mean(self.proxy, PROXIES)}"
            )
        known = proxy_options(self.proxy)
        for option, value in self.options.items():
            if option not in known:
                hint = did_you_mean(option, known)
                raise SurrogateError(f"The proxy {self.proxy} has no option {option!r}: {hint}")
            if type(value) is not int or value < 1:
                raise SurrogateError(f"{option} must be a whole number above 0, not {value!r}.")
        if not 1 <= self.members <= 16:
            raise SurrogateError(f"members must be from 1 to 16, not {self.members}.")
        if self.components < 1:
            raise SurrogateError(f"components must be at least 1, not {self.components}.")


def train_proxy(
    data: Dataset,
    training: ProxyTraining,
    folder: Path,
    *,
    device: torch.device,
    report: Callable[[int, Progress], None] = lambda member, progress: None,
    half: bool = False,
) -> ProxyModel:
    """Train proxies on a dataset, or continue, and write the model folder.

    Args:
        data: Data set.
        training: Network, number of members and settings.
        folder: Folder of the model; checkpoints are kept there until all members are trained.
        device: Device to train on.
        report: Function to call after each evaluation, with the number of the member.
        half: Whether to store weights in half precision.

    Returns:
        The model, as it is stored; its card has its scores on the test presets.

    Raises:
        SurrogateError: If the dataset is too small or damaged, the checkpoints are of another
            training, or the training diverges.
    """
    own_folder(folder)
    projection = _fit_projection(data, training)
    space = RelaxedSpace.of(data.subspace)
    held_out = reduced_examples(data, data.rows("valid"), projection, training.embedding)
    test = reduced_examples(data, data.rows("test"), projection, training.embedding)
    stored = stored_examples(
        data, data.rows("train"), projection, training.embedding, size=training.settings.batch
    )
    identity = training_identity(data, training)
    members = []
    for number in range(training.members):
        seed = training.seed + number
        network = build_proxy(
            training.proxy, space, projection.components, seed=seed, **training.options
        )
        source = replace(stored, seed=seed)
        checkpoint = Checkpoint(folder / f"training-{number}.safetensors", f"{identity}-{number}")
        train(
            network,
            source,
            held_out,
            training.settings,
            loss_of=absolute_error,
            device=device,
            checkpoint=checkpoint,
            report=partial(report, number),
        )
        members.append(network.cpu().requires_grad_(False))
    card = ProxyCard(
        proxy=training.proxy,
        options=dict(training.options),
        synth=data.card.synth,
        notes=data.card.notes,
        features=data.features,
        embedding=training.embedding,
        components=projection.components,
        kept=projection.kept,
        members=[training.seed + number for number in range(training.members)],
        data=data.sha256,
        examples=len(stored.values),
        training=asdict(training.settings),
        scores=proxy_scores(Ensemble(members), test),
        versions={"torch": torch.__version__.partition("+")[0]},
    )
    ProxyModel(card, projection, Ensemble(members)).write(folder, half=half)
    for number in range(training.members):
        (folder / f"training-{number}.safetensors").unlink(missing_ok=True)
    return ProxyModel.read(folder)


def proxy_scores(ensemble: Ensemble, examples: Examples) -> dict[str, float]:
    """Score the mean of an ensemble on examples; see `rank_scores`."""
    predicted = predict(ensemble, examples)
    found = rank_scores(
        predicted,
        examples.outputs,
        candidates=_CANDIDATES,
        subsets=_SUBSETS,
        rng=np.random.default_rng(0),
    )
    return {name: round(float(value), 6) for name, value in asdict(found).items()}


def predict(ensemble: Ensemble, examples: Examples) -> Tensor:
    """Return the mean prediction of an ensemble for examples, `[n, k]`."""
    with torch.no_grad():
        parts = [
            torch.stack([member(relaxed, note) for member in ensemble.members]).mean(0)
            for relaxed, note in zip(
                examples.relaxed.split(_READ), examples.note.split(_READ), strict=True
            )
        ]
    return torch.cat(parts)


def stored_examples(
    data: Dataset,
    rows: Rows,
    projection: Projection,
    embedding: str = "",
    *,
    size: int = 1,
    seed: int = 0,
) -> StoredExamples:
    """Read rows of a dataset, and reduce their features.

    Args:
        data: Dataset.
        rows: Rows to read, `[n]`.
        projection: Components to keep.
        embedding: Name of the embedding that is predicted; spectrograms if empty.
        size: Number of examples in a batch.
        seed: Seed of the order of batches.
    """
    outputs = []
    for first in range(0, len(rows), _READ):
        flat = data.read(sounds_column(embedding), rows[first : first + _READ])
        flat = flat.reshape(len(flat), -1).astype(np.float32)
        outputs.append(projection.reduce(torch.from_numpy(flat)))
    values = data.read("values", rows).astype(np.float64)[:, data.subspace.free]
    note = scaled_note(data.read("notes", rows))
    space = RelaxedSpace.of(data.subspace)
    return StoredExamples(space, values, note, torch.cat(outputs), size, seed)


def reduced_examples(
    data: Dataset, rows: Rows, projection: Projection, embedding: str = ""
) -> Examples:
    """Return all examples of rows of a dataset; see `stored_examples`."""
    return stored_examples(data, rows, projection, embedding).all()


def _fit_projection(data: Dataset, training: ProxyTraining) -> Projection:
    """Fit the components to some training rows.

    Raises:
        SurrogateError: If a split has too few sounds.
    """
    rng = np.random.default_rng((training.seed, 1))
    some = np.sort(rng.permutation(training_rows(data))[:_FITTED])
    flat = data.read(sounds_column(training.embedding), some).reshape(len(some), -1)
    return Projection.fit(flat, training.components, seed=training.seed)
