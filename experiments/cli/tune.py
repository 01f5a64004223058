"""The command that tunes a method's options."""

import math
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.console import console, errors
from experiments.errors import ExperimentError

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from experiments.tune.study import TuneStudy

_INTERRUPTED = 128 + signal.SIGINT

# what takes long to import is imported where it is used, so that --help is quick


def tune_command(
    suite: Annotated[Path, typer.Argument(help="A YAML file of a suite with the key 'tune'.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="key=value of all runs; may be repeated.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Runs at a time; one a core otherwise.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; runs/NAME-tune otherwise.")] = None,
) -> None:
    """Tune the options of a method over a suite's targets and seeds; or go on with that."""
    import joblib

    from experiments.folder_lock import locked
    from experiments.tune import result
    from experiments.tune.tune import tune
    from experiments.tune.tuning import read_tuning

    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    tuning = read_tuning(suite, overrides or ())
    usual = tuning.suite(tuning.usual)
    folder = Path("runs") / f"{usual.name}-tune" if out is None else out
    n_workers = workers or joblib.cpu_count()
    again = ["patchwright", "tune", str(suite), "--out", str(folder)]
    again += [word for text in overrides or () for word in ("--set", text)]
    again += [] if workers is None else ["--workers", str(workers)]
    errors.print(
        f"{tuning.config.trials} trials of {tuning.config.method}, each of up to "
        f"{len(usual.runs)} runs, {n_workers} at a time, in {folder}.",
        markup=False,
    )
    try:
        with locked(folder):
            study = tune(tuning, folder, workers=n_workers, ended=_tell)
            console.print(result.table(study, tuning))
            for sentence in result.sentences(study, tuning):
                console.print(sentence, markup=False)
            if result.best_trial(study).number:
                best = result.lines(study, tuning)
                console.print(f"The best settings as YAML:\n\n{best}", markup=False)
            checked = result.check(study, tuning, folder, workers=n_workers)
            if checked is not None:
                console.print(checked, markup=False)
    except KeyboardInterrupt:
        lines = ["Interrupted; nothing is lost. Go on with:", f"  {shlex.join(again)}"]
        errors.print("\n".join(lines), markup=False)
        raise typer.Exit(_INTERRUPTED) from None


def _tell(study: "TuneStudy", trial: "FrozenTrial") -> None:
    """Say what came of a trial."""
    options = ", ".join(f"{name} {value}" for name, value in study.options(trial).items())
    came = f"ended after {len(trial.intermediate_values)} runs."
    if "error" in trial.user_attrs:
        came = f"failed: {trial.user_attrs['error']}"
    elif trial.state.name == "COMPLETE":
        came = f"distance {math.exp(trial.values[0]):.4g}."
    errors.print(f"{trial.number}: {options}: {came}", markup=False)
