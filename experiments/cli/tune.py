"""The command that tunes a method's options."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patchwright.experiments.cli.interrupt import resumable
from patchwright.experiments.cli.options import Overrides, Trust, Workers
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors, print_whole

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from patchwright.experiments.tune.study import TuneStudy

# slow modules are imported where they are used, so that --help is quick


def tune_command(
    suite: Annotated[Path, typer.Argument(help="YAML file of a suite with the key 'tune'.")],
    overrides: Overrides = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the tuning. Default: runs/NAME-tune.")
    ] = None,
    trust: Trust = None,  # used by its callback
) -> None:
    """Tune the options of a method over the runs of a suite."""
    import joblib

    from patchwright.experiments.records.folder_lock import locked
    from patchwright.experiments.tune import result
    from patchwright.experiments.tune.tune import tune
    from patchwright.experiments.tune.tuning import read_tuning

    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    tuning = read_tuning(suite, overrides or ())
    usual = tuning.suite(tuning.usual)
    folder = Path("runs") / f"{usual.name}-tune" if out is None else out
    n_workers = workers or joblib.cpu_count()
    again = command_line("tune", suite, out=folder, set=overrides, workers=workers)
    errors.print(
        f"{tuning.config.trials} trials of {tuning.config.method}, each of up to "
        f"{len(usual.runs)} runs, {n_workers} at a time, in {folder}.",
    )
    with resumable(lambda: again):
        study = tune(tuning, folder, workers=n_workers, ended=_report)
        print_whole(result.table(study, tuning))
        for sentence in result.sentences(study, tuning):
            console.print(sentence)
        if result.best_trial(study).number:
            best = result.lines(study, tuning)
            console.print(f"The best settings as YAML:\n\n{best}")
        with locked(folder):
            checked = result.check(study, tuning, folder, workers=n_workers)
        if checked is not None:
            console.print(checked)


def _report(study: "TuneStudy", trial: "FrozenTrial") -> None:
    """Print the outcome of a trial."""
    options = ", ".join(f"{name} {value}" for name, value in study.options(trial).items())
    outcome = f"ended after {len(trial.intermediate_values)} runs."
    if "error" in trial.user_attrs:
        outcome = f"failed: {trial.user_attrs['error']}"
    elif trial.state.name == "COMPLETE":
        outcome = f"distance {math.exp(trial.values[0]):.4g}."
    errors.print(f"{trial.number}: {options}: {outcome}")
