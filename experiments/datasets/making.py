"""Making of a dataset in its folder, from its config."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import yaml

from patchwright.experiments.config.dataset import DatasetConfig
from patchwright.experiments.datasets.setup import DatasetSetup, prepare_dataset
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import write_text
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.make import Render, begin_dataset, make_dataset

RECIPE = "recipe.yaml"

OpenRender = Callable[[DatasetSetup], AbstractContextManager[Render]]
"""Function that opens what renders the blocks of a dataset."""


def make(
    config: DatasetConfig,
    folder: Path,
    *,
    resume: bool = False,
    workers: int | None = None,
    open_render: OpenRender = lambda setup: nullcontext(setup.render()),
    begun: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda done: None,
) -> Dataset:
    """Make a dataset, or continue one.

    Args:
        config: Config of the dataset.
        folder: Folder of the dataset.
        resume: Continue the dataset in the folder, if there is one.
        workers: Number of threads, and of processes of a plugin. Default: one per core. The result
            does not depend on it.
        open_render: Function that opens what renders the blocks; this machine if left out.
        begun: Called before the first render, when the folder can be resumed.
        progress: Called with the number of presets that are done.

    Returns:
        The dataset.

    Raises:
        ExperimentError: If the folder is in use, or a name, an option or a run is wrong.
        SynthError: If the locks or a preset are wrong.
        ObjectiveError: If the front end or an embedding cannot be used.
        SurrogateError: If the folder holds something else, or a shard is damaged.
        OSError: If a file cannot be written.
    """
    if (folder / RECIPE).exists() and not resume:
        raise ExperimentError(
            f"{folder} already holds a dataset: give another --out, or --resume to continue it."
        )
    with prepare_dataset(config, workers=workers) as setup, locked(folder):
        begin_dataset(folder, setup.card, resume=resume)
        content = config.model_dump(mode="json")
        write_text(folder / RECIPE, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
        begun()
        with open_render(setup) as render:
            make_dataset(folder, setup.card, render, progress=progress)
    return Dataset(folder)
