"""How long the runs of a suite will take, from those that are finished or from a short trial."""

import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.processes import in_processes
from patchwright.experiments.suite.worker import Outcome

_TRIALS = 16  # presets


def write_outcome(folder: Path, outcome: Outcome, run: SuiteRun) -> None:
    """Add a run to the suite's record of how long they took."""
    if outcome.seconds is None or not outcome.renders:
        return
    told = {"id": run.id, "synth": run.labels["synth"], "pace": outcome.seconds / outcome.renders}
    with (folder / "pace.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(told) + "\n")


def paces(folder: Path, runs: Sequence[SuiteRun]) -> dict[str, float]:
    """Measure the seconds a render takes in runs of each synth, with all that comes with it.

    Args:
        folder: Of the suite.
        runs: Those to come.

    Returns:
        The median of the finished runs, or of a synth that has none, what a trial of its first run
        took; a synth whose trial fails is left out.
    """
    record = _read(folder / "pace.jsonl")
    for run in runs:
        synth = run.labels["synth"]
        if synth not in record:
            record[synth] = _tried(run.config)
    return {synth: statistics.median(found) for synth, found in record.items() if found}


def seconds(config: ExperimentConfig, pace: float | None) -> float | None:
    """Estimate how long a run takes on one core; None if that cannot be known.

    Args:
        config: Of the run.
        pace: Seconds a render.
    """
    search = config.search
    known = [search.seconds]
    if pace is not None and search.renders is not None:
        known.append(pace * search.renders)
    return min((each for each in known if each is not None), default=None)


def _read(path: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    if path.is_file():
        # the last line may be half of one
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):
                told = json.loads(line)
                found.setdefault(told["synth"], []).append(told["pace"])
    return found


def _tried(config: ExperimentConfig) -> list[float]:
    """The seconds a render, or none if it fails: the run will tell why."""
    try:
        (found,) = in_processes(_trial, [config], workers=1)
    except BrokenProcessPool:
        return []
    return [] if found is None else [found]


def _trial(config: ExperimentConfig) -> float | None:
    try:
        return _measured(config)
    except Exception:  # noqa: BLE001 - whatever it is, it must not end the plan
        return None


def _measured(config: ExperimentConfig) -> float:
    """Seconds a render: searched, and scored by the other distances as the calibration's are."""
    with prepare(config, workers=1) as setup, setup.evaluator() as evaluate:
        genotypes = setup.subspace.sample(_TRIALS, np.random.default_rng(0))
        others = setup.other_metrics()
        evaluate(genotypes)  # the first one compiles and fills caches
        started = time.perf_counter()
        evaluate(genotypes)
        searched = time.perf_counter() - started
        setup.scores(genotypes, others)
        finished = time.perf_counter() - started - searched
    share = config.search.calibration / (config.search.renders or config.search.calibration)
    return (searched + share * finished) / _TRIALS
