"""The predictor of a search: the estimator or dataset that is named, or one that suits."""

from pathlib import Path

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.guide import first_suitable, in_short
from patchwright.experiments.match.match_target import MatchTarget
from patchwright.search import Optimizer
from patchwright.surrogates.assisted import Ear, Library, Predictor, foreign, unsuitable_estimator
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.index import INDEX
from patchwright.surrogates.identity import SynthIdentity
from patchwright.surrogates.models.estimator import EstimatorModel, read_estimator_card
from patchwright.surrogates.models.registry import model_folders
from patchwright.synths import Subspace, Synth

AUTO = "auto"
"""Value of `search.estimator` besides paths: one that suits."""


def find_predictor(
    config: ExperimentConfig,
    method: type[Optimizer],
    synth: Synth,
    subspace: Subspace,
    target: MatchTarget,
) -> Predictor | None:
    """Find the estimator of a search, and bind it to the target.

    Args:
        config: Config of the run.
        method: Optimizer.
        synth: Synth that matches.
        subspace: Free parameters.
        target: Sound to match, and its notes.

    Returns:
        The predictor; None if the method needs none and none is named.

    Raises:
        ExperimentError: If no estimator suits, or the named one does not, or the method has no use
            for one.
        SurrogateError: If a model is damaged.
    """
    named = config.search.estimator != AUTO
    if named and not (method.needs_predictor or method.takes_predictor):
        raise ExperimentError(
            f"{config.search.method} takes no estimator here: use hybrid, warm or predict, or "
            "leave search.estimator out."
        )
    if not (method.needs_predictor or named):
        return None
    identity = SynthIdentity.of(synth.name, subspace, synth.version)
    if named and (Path(config.search.estimator) / INDEX).exists():
        return _library(Dataset(Path(config.search.estimator)), identity, subspace, target)
    folder, reasons = first_suitable(
        [Path(config.search.estimator)] if named else model_folders("estimator"),
        lambda path: unsuitable_estimator(
            read_estimator_card(path)[0], identity, target.performance
        ),
    )
    if folder is not None:
        model = EstimatorModel.read(folder)
        return Ear.of(model, folder.name, subspace, target.performance, target.audio)
    if named:
        raise ExperimentError(f"The estimator cannot be used: {reasons[0]}; name another one.")
    known = in_short(reasons)
    raise ExperimentError(
        f"{config.search.method} needs an estimator that suits this match ({known}): train one "
        "with 'patchwright train estimator', and name it as search.estimator."
    )


def _library(
    data: Dataset, identity: SynthIdentity, subspace: Subspace, target: MatchTarget
) -> Library:
    if (reason := foreign(data.card, identity)) is not None:
        raise ExperimentError(f"{data.folder} cannot be used: it {reason}; name another one.")
    return Library.of(data, data.folder.name, subspace, target.performance, target.audio)
