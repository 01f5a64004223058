"""Scores of estimators on datasets that they were not trained on."""

from pathlib import Path

from patchwright.experiments.trust.proxies import rows_of
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.estimators.scores import ACCURACY, MAE
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.training.estimator import estimator_scores


def evaluate_estimator(folder: Path, dataset: Path, split: str) -> list[tuple[str, str, str]]:
    """Score the answers of an estimator on a dataset.

    Args:
        folder: Folder of the estimator.
        dataset: Dataset of the same synth, lock and front end.
        split: ``train``, ``valid``, ``test`` or ``all``.

    Returns:
        Mean over parameters, then each parameter: its name, the mean absolute error of a number,
        and the share of a discrete parameter's levels that are right.

    Raises:
        ExperimentError: If there is no such split, or the dataset is of another synth.
        SurrogateError: If a folder holds something else, or is damaged.
    """
    model, data = EstimatorModel.read(folder), Dataset(dataset)
    scores = estimator_scores(model, data, rows_of(model.card, data, folder, split))
    found = [("mean", _cell(scores, MAE), _cell(scores, ACCURACY))]
    for name in model.network.space.names:
        found.append((name, _cell(scores, f"{name}.{MAE}"), _cell(scores, f"{name}.{ACCURACY}")))
    return found


def _cell(scores: dict[str, float], key: str) -> str:
    return f"{scores[key]:.3f}" if key in scores else ""
