"""Scores of proxies on datasets that they were not trained on."""

from pathlib import Path

import numpy as np
import torch

from patchwright.experiments.errors import ExperimentError
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.sealed import Rows
from patchwright.surrogates.datasets.splits import SPLITS
from patchwright.surrogates.differences import in_words
from patchwright.surrogates.models.card import ModelCard
from patchwright.surrogates.models.ensemble import Ensemble
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.proxies.importance import permutation_importance
from patchwright.surrogates.proxies.nearby import NEAR, doubts, nearby_correlation
from patchwright.surrogates.training.examples import Examples
from patchwright.surrogates.training.proxy import predict, proxy_scores, reduced_examples

ALL = "all"

_FEWEST = 4  # examples without which they have no order
_ROWS = 1_024  # examples by which parameters are judged

_TEXTS = {
    "mrr": "mean reciprocal rank",
    "top1": "own sound is the nearest",
    "top5": "own sound among the nearest five",
    "l1": "mean absolute error of components",
    "candidates": "candidates",
    "subsets": "random subsets",
}


def evaluate_proxy(folder: Path, dataset: Path, split: str) -> list[tuple[str, str, str]]:
    """Score a model on a dataset.

    Args:
        folder: Folder of the model.
        dataset: Dataset of the same synth, lock, notes and features, such as one of hand-made
            presets; see `patchwright dataset make --from`.
        split: ``train``, ``valid``, ``test`` or ``all``.

    Returns:
        Name of each score, that of the members' mean, and those of the members.

    Raises:
        ExperimentError: If there is no such split, or the dataset is of another synth.
        SurrogateError: If a folder holds something else, or is damaged.
    """
    model, examples = _tested(folder, dataset, split)
    ensembles = [model.ensemble, *(Ensemble([member]) for member in model.ensemble.members)]
    scores = [proxy_scores(ensemble, examples) for ensemble in ensembles]
    predicted = [predict(ensemble, examples) for ensemble in ensembles]
    rows = [
        (text, f"{scores[0][name]:.4g}", ", ".join(f"{own[name]:.4g}" for own in scores[1:]))
        for name, text in _TEXTS.items()
    ]
    if len(examples.outputs) < _FEWEST:
        return rows
    near, *own = (
        f"{nearby_correlation(each, examples.outputs, rng=np.random.default_rng(0)):.4g}"
        for each in predicted
    )
    rows.append((f"rank correlation among the {NEAR} sounds nearest to one", near, ", ".join(own)))
    if len(predicted) > 2:
        order, ratio = doubts(torch.stack(predicted[1:]), examples.outputs)
        rows.append(("rank correlation of the networks' deviation and error", f"{order:.4g}", ""))
        rows.append(("error, in the networks' deviations", f"{ratio:.4g}", ""))
    return rows


def rows_of(card: ModelCard, data: Dataset, folder: Path, split: str) -> Rows:
    """Return the rows of a split of a dataset that suits a model.

    Args:
        card: Card of the model.
        data: Dataset.
        folder: Folder of the model, for messages.
        split: ``train``, ``valid``, ``test`` or ``all``.

    Raises:
        ExperimentError: If there is no such split, or the dataset is of another synth.
    """
    if split not in (*SPLITS, ALL):
        raise ExperimentError(f"There is no split {split!r}: give {', '.join(SPLITS)} or {ALL}.")
    found = card.synth.differences(data.card.synth)
    if data.features != card.features:
        found.append("features")
    if found:
        raise ExperimentError(
            f"{data.folder} does not suit the model {folder}: they differ in {in_words(found)}."
        )
    return data.rows(None if split == ALL else split)  # type: ignore[arg-type]


def parameter_importance(folder: Path, dataset: Path, split: str) -> list[tuple[str, float]]:
    """Measure what a model has learned of each parameter; see `permutation_importance`.

    Args:
        folder: Folder of the model.
        dataset: Dataset, as for `evaluate_proxy`.
        split: As for `evaluate_proxy`.

    Returns:
        Names of the parameters and their importance, the greatest first.

    Raises:
        ExperimentError: As `evaluate_proxy`.
        SurrogateError: If a folder holds something else, or is damaged.
    """
    model, examples = _tested(folder, dataset, split)
    space, note = model.ensemble.space, examples.note[:_ROWS]
    importance = permutation_importance(
        lambda relaxed: torch.stack([m(relaxed, note) for m in model.ensemble.members]).mean(0),
        space,
        examples.relaxed[:_ROWS],
        examples.outputs[:_ROWS],
        rng=np.random.default_rng(0),
    )
    order = np.argsort(-importance, kind="stable")
    return [(space.names[i], float(importance[i])) for i in order]


def _tested(folder: Path, dataset: Path, split: str) -> tuple[ProxyModel, Examples]:
    """Read a model, and the examples of a dataset that suits it."""
    model, data = ProxyModel.read(folder), Dataset(dataset)
    rows = rows_of(model.card, data, folder, split)
    return model, reduced_examples(data, rows, model.projection, model.card.embedding)
