"""The commands that train models, and learn a synth in one go."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patchwright.experiments.cli.interrupt import resumable, terminable
from patchwright.experiments.cli.options import Overrides
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors

if TYPE_CHECKING:
    from patchwright.surrogates.training.progress import Progress

# slow modules are imported where they are used, so that --help is quick

train_app = typer.Typer(no_args_is_help=True, help="Train networks on datasets.")

Device = Annotated[
    str, typer.Option(help="Device: auto, cpu, cuda or mps; auto takes a GPU where there is one.")
]


Config = Annotated[Path | None, typer.Argument(help="YAML file. Default: the default network.")]
Dataset = Annotated[Path | None, typer.Option(help="Folder of the dataset.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder of the model. Default: a new one in models/.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the model in --out.")]
Tensorboard = Annotated[Path | None, typer.Option(help="Folder for TensorBoard's curves.")]


@train_app.command("proxy")
def proxy_command(
    config: Config = None,
    dataset: Dataset = None,
    overrides: Overrides = None,
    device: Device = "auto",
    out: Out = None,
    resume: Resume = False,
    tensorboard: Tensorboard = None,
) -> None:
    """Train networks that predict the sound of a preset: a synth's differentiable surrogate."""
    from patchwright.experiments.config.training import ProxyTrainingConfig, load_training_config
    from patchwright.experiments.training.device import find_device
    from patchwright.surrogates.datasets import Dataset as Data
    from patchwright.surrogates.training.proxy import train_proxy

    given = _given(dataset, resume, out)
    settings = load_training_config(config, given, overrides or (), kind=ProxyTrainingConfig)
    data, training, where = Data(settings.dataset), settings.training, find_device(device)
    folder = _model_folder(out, resume, data.card.synth.name)
    again = _again("proxy", config, dataset, overrides, device, folder)
    steps = training.members, training.settings.steps
    with _training(folder, again, tensorboard, steps) as report:
        model = train_proxy(data, training, folder, device=where, report=report, half=settings.half)
    console.print(scores_sentence(model.card.scores))
    console.print(f"Model: {folder}")


@train_app.command("estimator")
def estimator_command(
    config: Config = None,
    dataset: Dataset = None,
    overrides: Overrides = None,
    device: Device = "auto",
    out: Out = None,
    resume: Resume = False,
    tensorboard: Tensorboard = None,
) -> None:
    """Train a network that predicts presets from a sound."""
    from patchwright.experiments.config.training import (
        EstimatorTrainingConfig,
        load_training_config,
    )
    from patchwright.experiments.training.device import find_device
    from patchwright.experiments.training.recorded import heard_recordings
    from patchwright.surrogates.datasets import Dataset as Data
    from patchwright.surrogates.models.estimator import EstimatorModel
    from patchwright.surrogates.models.folder import ProxyModel
    from patchwright.surrogates.training.estimator import check_models, train_estimator
    from patchwright.surrogates.training.together import check_together, train_together

    given = _given(dataset, resume, out)
    settings = load_training_config(config, given, overrides or (), kind=EstimatorTrainingConfig)
    training, where = settings.training, find_device(device)
    data = [Data(path) for path in settings.datasets or (settings.dataset,) if path is not None]
    start = None if settings.start is None else EstimatorModel.read(settings.start)
    proxy = None if settings.proxy is None else ProxyModel.read(settings.proxy)
    recordings = heard_recordings(settings.recordings, data[0].card)
    names = "-".join(each.card.synth.name for each in data)
    if settings.datasets:
        check_together(data, training)
    else:
        check_models(data[0], training, start, proxy, recordings)
    folder = _model_folder(out, resume, f"{names}-{training.estimator}")
    again = _again("estimator", config, dataset, overrides, device, folder)
    with _training(folder, again, tensorboard, (1, training.settings.steps)) as report:
        if settings.datasets:
            models = train_together(
                data, training, folder, device=where, report=report, half=settings.half
            )
        else:
            model = train_estimator(
                data[0],
                training,
                folder,
                device=where,
                start=start,
                proxy=proxy,
                recordings=recordings,
                report=report,
                half=settings.half,
            )
            models = [model]
    for model in models:
        console.print(f"{model.card.synth.name}: {estimator_sentence(model.card.scores)}")
    console.print(f"{'Models' if settings.datasets else 'Model'}: {folder}")


def _given(dataset: Path | None, resume: bool, out: Path | None) -> dict[str, Any]:
    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the model to continue.")
    return {} if dataset is None else {"dataset": str(dataset)}


def _model_folder(out: Path | None, resume: bool, name: str) -> Path:
    from patchwright.experiments.records.run_folder import new_folder

    folder = new_folder(Path("models"), name) if out is None else out
    if not resume and folder.exists() and any(folder.iterdir()):
        raise ExperimentError(
            f"{folder} is not empty: give another --out, or --resume to continue it."
        )
    return folder


def _again(
    kind: str,
    config: Path | None,
    dataset: Path | None,
    overrides: list[str] | None,
    device: str,
    folder: Path,
) -> str:
    """Return the command that continues a training."""
    file = () if config is None else (config,)
    return command_line(
        "train", kind, *file, dataset=dataset, set=overrides, device=device, out=folder,
        resume=True,
    )  # fmt: skip


@contextlib.contextmanager
def _training(
    folder: Path, again: str, tensorboard: Path | None, steps: tuple[int, int]
) -> "Iterator[Callable[[int, Progress], None]]":
    """Show a training, lock its folder, and say how it continues if it is interrupted.

    Args:
        folder: Folder of the model.
        again: Command that continues it.
        tensorboard: Folder of curves.
        steps: Number of networks, and steps of each.

    Yields:
        The function to call after each evaluation.
    """
    from patchwright.experiments.records.folder_lock import locked
    from patchwright.experiments.training.curves import Curves
    from patchwright.experiments.training.progress import TrainingProgress

    ready: list[bool] = []
    with terminable(), resumable(lambda: again if ready else None), locked(folder):
        ready.append(True)
        errors.print(f"If it is interrupted, continue with:\n  {again}")
        curves = Curves(tensorboard)
        with TrainingProgress(*steps, errors) as progress:

            def report(member: int, state: "Progress") -> None:
                progress(member, state)
                curves(member, state)

            yield report


def scores_sentence(scores: dict[str, float]) -> str:
    """Return the scores of a proxy in words."""
    return (
        f"Among {scores['candidates']:.0f} test presets, its own sound is the nearest to a "
        f"prediction in {scores['top1']:.0%}; mean reciprocal rank {scores['mrr']:.3f}."
    )


def estimator_sentence(scores: dict[str, float]) -> str:
    """Return the scores of an estimator in words."""
    parts = []
    if "param_mae" in scores:
        parts.append(f"numbers are wrong by {scores['param_mae']:.3f} of their range on average")
    if "param_accuracy" in scores:
        parts.append(f"{scores['param_accuracy']:.0%} of the discrete parameters are right")
    return f"On test presets, {', and '.join(parts)}."
