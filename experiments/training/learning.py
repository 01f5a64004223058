"""What is rendered and trained to learn a synth in one go."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patchwright.experiments.config.dataset import DatasetConfig
from patchwright.experiments.datasets.setup import DatasetSetup, prepare_dataset
from patchwright.experiments.errors import ExperimentError
from patchwright.surrogates.datasets.recipe import BLOCK
from patchwright.surrogates.models.registry import user_models
from patchwright.surrogates.training.proxy import ProxyTraining
from patchwright.surrogates.training.trainer import TrainingSettings
from patchwright.synths.priors.named import find_prior
from patchwright.synths.priors.names import AUTO
from patchwright.synths.whole_file import safe_name

NOTES: Mapping[str, Any] = {
    "pitch": ["36..84"],
    "velocity": [60, 80, 100, 127],
    "duration": [0.2, 0.4, 0.7, 1.0, 1.5, 2.0],
}
"""Notes that a learned synth plays; a match of another note is searched without the model."""

LENGTH, SR = 2.0, 44_100
"""Length in seconds and sample rate in Hz of the sounds."""

FEWEST, MOST = 1_000, 200_000
"""Numbers of presets, whatever the time."""

_PASSES = 40  # over the presets
_STEPS = (500, 20_000)


def learning_recipe(synth: Mapping[str, Any], presets: int, *, seed: int = 0) -> DatasetConfig:
    """Return the config of the dataset that a synth is learned from.

    Half of the presets are from the synth's own prior, half from the joint prior that is known for
    it, if one is.

    Args:
        synth: Entries of the synth: its name, and its lock if it has one.
        presets: Number of presets.
        seed: Seed of every random choice.
    """
    content = {"synth": synth, "presets": presets, "notes": NOTES, "length": LENGTH, "sr": SR}
    config = DatasetConfig.model_validate(content | {"seed": seed})
    with prepare_dataset(config, workers=1) as setup:
        found = find_prior(AUTO, setup.synth.space, setup.synth.name)
    sources = ["prior", *([] if found is None else [{"name": "prior", "prior": AUTO}])]
    return DatasetConfig.model_validate(content | {"seed": seed, "sources": sources})


def presets_in(seconds: float, config: DatasetConfig, *, workers: int | None) -> int:
    """Return how many presets can be rendered in a time, by a trial.

    Args:
        seconds: Time.
        config: Config of the dataset.
        workers: Number of workers; None for one per core.
    """
    with prepare_dataset(config, workers=workers) as setup:
        rate = _presets_per_second(setup)
    return int(min(max(seconds * rate, FEWEST), MOST))


def training_of(presets: int) -> ProxyTraining:
    """Return the training that suits a number of presets."""
    settings = TrainingSettings()
    steps = min(max(_PASSES * presets // settings.batch, _STEPS[0]), _STEPS[1])
    return ProxyTraining(
        settings=TrainingSettings(
            steps=steps, warmup=min(settings.warmup, steps // 10), every=max(1, steps // 40)
        )
    )


def learned_name(synth: str, lock: str | None) -> str:
    """Return the name of the model of a synth and a lock."""
    return safe_name("-".join(Path(part).stem for part in (synth, lock) if part))


def model_and_data(name: str) -> tuple[Path, Path]:
    """Return the folders of a model and of its dataset, among the user's.

    Raises:
        ExperimentError: If there is such a model.
    """
    model = user_models() / name
    if (model / "card.json").exists():
        raise ExperimentError(
            f"{model} is there already: remove it to learn anew, or give another --name."
        )
    return model, user_models().parent / "datasets" / name


def _presets_per_second(setup: DatasetSetup) -> float:
    """Measure the rate at which presets are rendered, without the start of the workers."""
    start, rate = None, float(FEWEST)
    numbers = range(min(3 * setup.workers, setup.recipe.blocks))
    for done, _ in enumerate(setup.render()(numbers)):
        if start is None:
            start = time.perf_counter()
        else:
            rate = done * BLOCK / (time.perf_counter() - start)
    return rate
