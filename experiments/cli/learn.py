"""The command that learns a synth in one go."""

from typing import Annotated

import typer

from patchwright.experiments.cli.interrupt import resumable, terminable
from patchwright.experiments.cli.options import Lock, Workers
from patchwright.experiments.cli.train import Device, scores_sentence
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors

# slow modules are imported where they are used, so that --help is quick


def learn_command(
    synth: Annotated[str, typer.Argument(help="Built-in synth or plugin.")],
    lock: Lock = None,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="Time for rendering; training takes about as long.")
    ] = 30.0,
    name: Annotated[
        str | None, typer.Option(help="Name of the model. Default: the synth's and the lock's.")
    ] = None,
    workers: Workers = None,
    device: Device = "auto",
) -> None:
    """Render a synth, train a proxy of it, and let every later match use it."""
    from patchwright.experiments.config.dataset import load_dataset_config
    from patchwright.experiments.datasets.making import RECIPE, make
    from patchwright.experiments.datasets.progress import DatasetProgress
    from patchwright.experiments.records.folder_lock import locked
    from patchwright.experiments.training.device import find_device
    from patchwright.experiments.training.learning import (
        learned_name,
        learning_recipe,
        model_and_data,
        training_of,
    )
    from patchwright.experiments.training.progress import TrainingProgress
    from patchwright.surrogates.training.proxy import train_proxy
    from patchwright.synths.whole_file import safe_name

    title = learned_name(synth, lock) if name is None else safe_name(name)
    folder, data_folder = model_and_data(title)
    where = find_device(device)
    again = command_line(
        "learn", synth, lock=lock, minutes=f"{minutes:g}", name=name, workers=workers, device=device
    )
    ready: list[bool] = []
    with terminable(), resumable(lambda: again if ready else None):
        entries = {"name": synth} | ({} if lock is None else {"lock": lock})
        if (data_folder / RECIPE).exists():
            config = load_dataset_config(data_folder / RECIPE, {})
            if config.synth != load_dataset_config(None, {"synth": entries}).synth:
                raise ExperimentError(
                    f"{data_folder} is of another synth or lock: give another --name, or remove it."
                )
        else:
            errors.print("Measuring how fast it renders ...")
            config = learning_recipe(entries, 60.0 * minutes, workers=workers)
        with DatasetProgress(config.presets, errors) as rendering:
            data = make(
                config,
                data_folder,
                resume=True,
                workers=workers,
                begun=lambda: ready.append(True),
                progress=rendering,
            )
        training = training_of(config.presets)
        with (
            locked(folder),
            TrainingProgress(training.members, training.settings.steps, errors) as progress,
        ):
            model = train_proxy(data, training, folder, device=where, report=progress, half=True)
    console.print(scores_sentence(model.card.scores))
    console.print(f"Model: {folder}")
    console.print("A match of this synth whose note it knows uses it from now on.")
