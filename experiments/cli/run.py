"""The command that runs an experiment or a suite from a YAML file."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.match import run_one
from patchwright.experiments.cli.options import (
    ByEar,
    Out,
    Overrides,
    Results,
    Resume,
    Study,
    Trust,
    Workers,
)
from patchwright.experiments.errors import ExperimentError

# slow modules are imported where they are used, so that --help is quick


def run_command(
    experiment: Annotated[Path, typer.Argument(help="YAML file of an experiment or a suite.")],
    overrides: Overrides = None,
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
    results: Results = None,
    study: Study = None,
    by_ear: ByEar = False,
    trust: Trust = None,  # used by its callback
    cluster: Annotated[
        str | None,
        typer.Option(help="Dask cluster for a suite: 'local', or a scheduler's tcp://HOST:PORT."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan of a suite without running it.")
    ] = False,
) -> None:
    """Run the experiment or the suite in a YAML file."""
    from patchwright.experiments.config import load_experiment
    from patchwright.experiments.suite import is_suite

    if is_suite(experiment):
        from patchwright.experiments.cli.suite import run_suite_file

        if by_ear:
            raise ExperimentError(f"{experiment} is a suite: --by-ear takes one run.")
        run_suite_file(
            experiment,
            overrides or (),
            workers=workers,
            out=out,
            dry_run=dry_run,
            results=results,
            study=study,
            cluster=cluster,
        )
        return
    if dry_run or cluster is not None:
        option = "--dry-run" if dry_run else "--cluster"
        raise ExperimentError(f"{experiment} is one run, not a suite: leave out {option}.")
    config = load_experiment(experiment, overrides or ())
    run_one(config, out, resume, workers, results=results, study=study, by_ear=by_ear)
