"""What is rendered and trained to learn a synth in one go."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patchwright.experiments.config.dataset import DatasetConfig, load_dataset_config
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


def learning_recipe(
    synth: Mapping[str, Any], seconds: float, *, workers: int | None
) -> DatasetConfig:
    """Return the config of the dataset that a synth is learned from.

    A trial measures how fast it renders. Half of the presets are from the synth's own prior, half
    from the joint prior that is known for it, if one is.

    Args:
        synth: Entries of the synth: its name, and its lock if it has one.
        seconds: Time for rendering.
        workers: Number of workers; None for one per core.
    """
    content = {"synth": synth, "presets": MOST, "notes": NOTES, "length": LENGTH, "sr": SR}
    with prepare_dataset(load_dataset_config(None, content), workers=workers) as setup:
        known = find_prior(AUTO, setup.synth.space, setup.synth.name)
        count = int(min(max(seconds * _presets_per_second(setup), FEWEST), MOST))
    sources = ["prior"] if known is None else ["prior", {"name": "prior", "prior": AUTO}]
    return load_dataset_config(None, content | {"presets": count, "sources": sources})


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
    numbers = range(min(3 * setup.workers, setup.recipe.blocks))
    times = [time.perf_counter() for _ in setup.render()(numbers)]
    first = min(setup.workers, len(times) - 1) - 1  # until then, each worker has one
    return (len(times) - 1 - first) * BLOCK / (times[-1] - times[first])
