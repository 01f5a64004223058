"""Searches of the benchmark as a suite, and the submissions that they leave."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from patchwright.experiments.benchmark.submission import Claim, MethodFacts, write_submission
from patchwright.experiments.benchmark.tasks import (
    Benchmark,
    Task,
    TaskSearch,
    find_method,
    searches,
)
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.config.model import check, expand_name
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.suite import Suite, SuiteRun
from patchwright.experiments.suite.worker import is_finished, run_folder
from patchwright.synths import SynthError


def available(tasks: Iterable[Task]) -> tuple[list[Task], dict[str, str]]:
    """Open the synth of each task, and return those that can be done and why others cannot."""
    found: list[Task] = []
    missing: dict[str, str] = {}
    known: dict[str, str | None] = {}
    for task in tasks:
        key = repr(task.synth)
        if key not in known:
            known[key] = _fault(task)
        if (fault := known[key]) is None:
            found.append(task)
        else:
            missing[task.name] = fault
    return found, missing


def _fault(task: Task) -> str | None:
    config = check(SynthConfig, expand_name(task.synth), prefix=f"{task.name}: ")
    try:
        with open_synth(config, workers=1):
            return None
    except SynthError as error:
        return str(error)


def suite_of(
    benchmark: Benchmark, form: str, methods: Sequence[str], tasks: Sequence[Task]
) -> tuple[Suite, dict[str, TaskSearch]]:
    """Make the suite of all searches of some methods.

    Args:
        benchmark: Benchmark.
        form: Name of a form.
        methods: Names of methods; see `find_method`.
        tasks: Tasks to do.

    Returns:
        The suite, and what each of its runs is, by ID.

    Raises:
        ExperimentError: If there is no such method.
    """
    runs, known = [], {}
    for name in dict.fromkeys(methods):
        for search in searches(benchmark, form, name, tuple(tasks)):
            sha256 = config_sha256(search.config)
            run = SuiteRun(
                id=f"{name}-{search.task}-{search.seed}-{sha256[:8]}",
                sha256=sha256,
                labels={
                    "target": search.task,
                    "synth": search.config.synth.name,
                    "method": name,
                    "seed": str(search.seed),
                },
                config=search.config,
            )
            runs.append(run)
            known[run.id] = search
    return Suite(name=f"benchmark-{benchmark.version}-{form}", runs=tuple(runs)), known


def write_submissions(
    benchmark: Benchmark, form: str, suite: Suite, known: dict[str, TaskSearch], folder: Path
) -> list[Path]:
    """Write the answers of finished runs as submissions, a folder for each method.

    Args:
        benchmark: Benchmark.
        form: Name of the form.
        suite: Suite; see `suite_of`.
        known: What each of its runs is.
        folder: Folder of the suite; the submissions are in `submissions/`.

    Raises:
        ExperimentError: If a run is damaged.
    """
    written = []
    for name in dict.fromkeys(search.method for search in known.values()):
        claims, presets, optimised = [], {}, set()
        for run in suite.runs:
            search = known[run.id]
            if search.method != name or not is_finished(folder, run):
                continue
            found = read_run(run_folder(folder, run).path)
            claims.append(
                Claim(
                    task=search.task,
                    seed=search.seed,
                    renders=found.summary.renders,
                    seconds=round(found.summary.seconds, 2),
                )
            )
            presets[search.task, search.seed] = found.files.need(found.files.best_preset)
            optimised |= {objective.name for objective in found.config.objectives}
        if not claims:
            continue
        method = find_method(name)
        facts = MethodFacts(
            benchmark=benchmark.version,
            form=form,
            name=name,
            about=method.about,
            ours=method.ours,
            hardware=f"{os.cpu_count()} cores, {platform.machine()}",
            optimised=tuple(judge for judge in benchmark.judges if judge in optimised),
            answers=tuple(claims),
        )
        write_submission(folder / "submissions" / name, facts, presets)
        written.append(folder / "submissions" / name)
    return written
