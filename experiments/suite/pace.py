"""Estimates of the time that runs take, from finished runs or from a short trial."""

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
from patchwright.experiments.suite.worker import RunOutcome
from patchwright.synths.whole_file import own_file

_TRIALS = 16  # presets


def write_outcome(folder: Path, outcome: RunOutcome, run: SuiteRun) -> None:
    """Append the pace of a finished run to the suite's `pace.jsonl`."""
    if outcome.seconds is None or not outcome.renders:
        return
    pace = outcome.seconds / outcome.renders
    entry = {"id": run.id, "synth": run.labels["synth"], "pace": pace}
    with own_file(folder / "pace.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def paces(folder: Path, runs: Sequence[SuiteRun]) -> dict[str, float]:
    """Return the seconds per render in runs of each synth, everything included.

    Args:
        folder: Folder of the suite.
        runs: Runs to do.

    Returns:
        Median of the finished runs by synth. A synth without finished runs gets the pace of a
        trial of its first run, or is left out if the trial fails.
    """
    by_synth = _read(folder / "pace.jsonl")
    for run in runs:
        synth = run.labels["synth"]
        if synth not in by_synth:
            by_synth[synth] = _tried(run.config)
    return {synth: statistics.median(tried) for synth, tried in by_synth.items() if tried}


def seconds(config: ExperimentConfig, pace: float | None) -> float | None:
    """Estimate the seconds that a run takes on one core; None if unknown.

    Args:
        config: Config of the run.
        pace: Seconds per render; None if unknown.
    """
    search = config.search
    known = [search.seconds]
    if pace is not None and search.renders is not None:
        known.append(pace * search.renders)
    return min((each for each in known if each is not None), default=None)


def _read(path: Path) -> dict[str, list[float]]:
    by_synth: dict[str, list[float]] = {}
    if path.is_file():
        # the last line may be incomplete
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):
                entry = json.loads(line)
                by_synth.setdefault(entry["synth"], []).append(entry["pace"])
    return by_synth


def _tried(config: ExperimentConfig) -> list[float]:
    """Return the seconds per render in a list, empty if the trial fails (the run reports why)."""
    try:
        (pace,) = in_processes(_trial, [config], workers=1)
    except BrokenProcessPool:
        return []
    return [] if pace is None else [pace]


def _trial(config: ExperimentConfig) -> float | None:
    try:
        return _measured(config)
    except Exception:  # noqa: BLE001 - a failed trial must not end the plan
        return None


def _measured(config: ExperimentConfig) -> float:
    """Measure seconds per render, with the other distances for the share of the calibration."""
    with prepare(config, workers=1) as setup, setup.evaluator() as evaluate:
        genotypes = setup.subspace.sample(_TRIALS, np.random.default_rng(0))
        others = setup.other_metrics()
        evaluate(genotypes)  # the first call compiles and fills caches
        started = time.perf_counter()
        evaluate(genotypes)
        searched = time.perf_counter() - started
        setup.scores(genotypes, others)
        finished = time.perf_counter() - started - searched
    share = config.search.calibration / (config.search.renders or config.search.calibration)
    return (searched + share * finished) / _TRIALS
