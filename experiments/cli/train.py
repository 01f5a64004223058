"""The commands that train models, and learn a synth in one go."""

from pathlib import Path
from typing import Annotated, Any

import typer

from patchwright.experiments.cli.interrupt import resumable, terminable
from patchwright.experiments.cli.options import Overrides
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors

# slow modules are imported where they are used, so that --help is quick

train_app = typer.Typer(no_args_is_help=True, help="Train networks on datasets.")

Device = Annotated[
    str, typer.Option(help="Device: auto, cpu, cuda or mps; auto takes a GPU where there is one.")
]


@train_app.command("proxy")
def proxy_command(
    config: Annotated[
        Path | None, typer.Argument(help="YAML file. Default: the default network.")
    ] = None,
    dataset: Annotated[Path | None, typer.Option(help="Folder of the dataset.")] = None,
    overrides: Overrides = None,
    device: Device = "auto",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the model. Default: a new one in models/.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the model in --out.")] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's curves.")
    ] = None,
) -> None:
    """Train networks that predict the sound of a preset: a synth's differentiable surrogate."""
    from patchwright.experiments.config.training import load_training_config
    from patchwright.experiments.records.folder_lock import locked
    from patchwright.experiments.records.run_folder import new_folder
    from patchwright.experiments.training.curves import Curves
    from patchwright.experiments.training.device import find_device
    from patchwright.experiments.training.progress import TrainingProgress
    from patchwright.surrogates.datasets import Dataset
    from patchwright.surrogates.training.progress import Progress
    from patchwright.surrogates.training.proxy import train_proxy

    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the model to continue.")
    given: dict[str, Any] = {} if dataset is None else {"dataset": str(dataset)}
    settings = load_training_config(config, given, overrides or ())
    data, training = Dataset(settings.dataset), settings.training
    folder = new_folder(Path("models"), data.card.synth.name) if out is None else out
    if not resume and folder.exists() and any(folder.iterdir()):
        raise ExperimentError(
            f"{folder} is not empty: give another --out, or --resume to continue it."
        )
    file = () if config is None else (config,)
    again = command_line(
        "train", "proxy", *file, dataset=dataset, set=overrides, device=device, out=folder,
        resume=True,
    )  # fmt: skip
    where = find_device(device)
    ready: list[bool] = []
    with terminable(), resumable(lambda: again if ready else None), locked(folder):
        ready.append(True)
        errors.print(f"If it is interrupted, continue with:\n  {again}")
        curves = Curves(tensorboard)
        with TrainingProgress(training.members, training.settings.steps, errors) as progress:

            def report(member: int, state: Progress) -> None:
                progress(member, state)
                curves(member, state)

            model = train_proxy(
                data,
                training,
                folder,
                device=where,
                report=report,
                half=settings.half,
            )
    console.print(scores_sentence(model.card.scores))
    console.print(f"Model: {folder}")


def scores_sentence(scores: dict[str, float]) -> str:
    """Return the scores of a proxy in words."""
    return (
        f"Among {scores['candidates']:.0f} test presets, its own sound is the nearest to a "
        f"prediction in {scores['top1']:.0%}; mean reciprocal rank {scores['mrr']:.3f}."
    )
