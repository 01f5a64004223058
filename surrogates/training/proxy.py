"""Training of proxies on a data set, into a model folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.models.card import ProxyCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.models.projection import Projection
from patchwright.surrogates.proxies import PROXIES, RelaxedSpace, build_proxy
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.proxies.ranks import rank_scores
from patchwright.surrogates.training.checkpoint import Checkpoint
from patchwright.surrogates.training.examples import Examples, StoredExamples
from patchwright.surrogates.training.trainer import Progress, TrainingSettings, train
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
        embedding: Name of an embedding in the data set to predict, instead of spectrograms.
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
    """Train proxies on a data set, or continue, and write the model folder.

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
        SurrogateError: If the data set is too small or damaged, the checkpoints are of another
            training, or the training diverges.
    """
    own_folder(folder)
    features = _Features(data, training)
    space = RelaxedSpace.of(data.subspace)
    held_out, test = (features.examples(space, split) for split in ("valid", "test"))
    identity = _identity(data, training)
    members = []
    for number in range(training.members):
        seed = training.seed + number
        network = build_proxy(
            training.proxy, space, features.projection.components, seed=seed, **training.options
        )
        source = features.source(space, training.settings.batch, seed)
        checkpoint = Checkpoint(folder / f"training-{number}.safetensors", f"{identity}-{number}")
        train(
            network,
            source,
            held_out,
            training.settings,
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
        components=features.projection.components,
        kept=features.projection.kept,
        members=[training.seed + number for number in range(training.members)],
        data=data.sha256,
        examples=len(features.train),
        training=asdict(training.settings),
        scores=proxy_scores(Ensemble(members), test),
        versions={"torch": torch.__version__.partition("+")[0]},
    )
    ProxyModel(card, features.projection, Ensemble(members)).write(folder, half=half)
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


class _Features:
    """The features of a data set, reduced."""

    def __init__(self, data: Dataset, training: ProxyTraining) -> None:
        self._data = data
        embedding = training.embedding
        self._column = f"embedding.{embedding}" if embedding else "features"
        self.train = data.rows("train")
        if len(self.train) < 2 or not len(data.rows("valid")) or not len(data.rows("test")):
            raise SurrogateError(
                f"{data.folder} has too few sounds to train, choose and test on: make a data set "
                "of some hundreds of presets at least."
            )
        rng = np.random.default_rng((training.seed, 1))
        some = np.sort(rng.permutation(self.train)[:_FITTED])
        flat = data.read(self._column, some).reshape(len(some), -1)
        self.projection = Projection.fit(flat, training.components, seed=training.seed)

    def source(self, space: RelaxedSpace, size: int, seed: int) -> StoredExamples:
        """Return the training examples."""
        return self._stored(space, self.train, size, seed)

    def examples(self, space: RelaxedSpace, split: Any) -> Examples:
        """Return all examples of a split."""
        return self._stored(space, self._data.rows(split), 1, 0).all()

    def _stored(self, space: RelaxedSpace, rows: Any, size: int, seed: int) -> StoredExamples:
        free = self._data.subspace.free
        values = self._data.read("values", rows).astype(np.float64)[:, free]
        note = scaled_note(self._data.read("notes", rows))
        return StoredExamples(space, values, note, self._reduced(rows), size, seed)

    def _reduced(self, rows: Any) -> Tensor:
        parts = []
        for first in range(0, len(rows), _READ):
            flat = self._data.read(self._column, rows[first : first + _READ])
            flat = flat.reshape(len(flat), -1).astype(np.float32)
            parts.append(self.projection.reduce(torch.from_numpy(flat)))
        return torch.cat(parts)


def _identity(data: Dataset, training: ProxyTraining) -> str:
    settings = json.dumps(asdict(training), sort_keys=True, default=str)
    return hashlib.sha256(f"{data.sha256} {settings}".encode()).hexdigest()[:32]
