"""Estimates of the time that runs take, from finished runs or from a short trial."""

import contextlib
import importlib.metadata
import platform
import statistics
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import FiniteFloat, ValidationError

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.summary import Amount, Record
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.processes import in_processes
from patchwright.experiments.suite.worker import RunOutcome
from patchwright.synths.measurements import Measurements
from patchwright.synths.outside_file import read_outside
from patchwright.synths.whole_file import own_file

MAX_BYTES = 64 * 2**20  # of the file of paces

_PRESETS = 16  # of a trial


class _Entry(Record):
    """A line of `pace.jsonl`: the seconds per render in a finished run."""

    id: str
    synth: str
    pace: Amount


@dataclass(frozen=True)
class _Trial:
    """Seconds per render in a trial.

    Attributes:
        searched: Seconds for a render with the objectives, in the search.
        finished: Seconds for one with the other distances, of which the calibration has as many.
    """

    searched: FiniteFloat
    finished: FiniteFloat


_TRIALS = Measurements("paces", _Trial)


def write_outcome(folder: Path, outcome: RunOutcome, run: SuiteRun) -> None:
    """Append the pace of a finished run to the suite's `pace.jsonl`."""
    if outcome.seconds is None or not outcome.renders:
        return
    pace = outcome.seconds / outcome.renders
    entry = _Entry(id=run.id, synth=run.labels["synth"], pace=pace)
    with own_file(folder / "pace.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(entry.model_dump_json() + "\n")


def paces(folder: Path, runs: Sequence[SuiteRun]) -> dict[str, float]:
    """Return the seconds per render in runs of each synth, everything included.

    Args:
        folder: Folder of the suite.
        runs: Runs to do.

    Returns:
        Median of the finished runs by synth. A synth without finished runs gets the pace of a
        trial of its first run, or is left out if the trial fails. A trial is kept for later suites
        with the same target, synth, objectives and method.
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
    """Read the paces by synth; a line that a kill has cut off, or that is damaged, is left out."""
    by_synth: dict[str, list[float]] = {}
    if path.is_file():
        data = read_outside(path, kind="a file of a suite", max_bytes=MAX_BYTES)
        for line in data.splitlines():
            with contextlib.suppress(ValidationError):
                entry = _Entry.model_validate_json(line, strict=True)
                by_synth.setdefault(entry.synth, []).append(entry.pace)
    return by_synth


def _tried(config: ExperimentConfig) -> list[float]:
    """Return the seconds per render in a list, empty if the trial fails (the run reports why)."""
    path = _TRIALS.path(
        [importlib.metadata.version("patchwright"), platform.uname(), _part(config)]
    )
    trial = _TRIALS.read(path)
    if trial is None:
        try:
            (trial,) = in_processes(_trial, [config], workers=1)
        except BrokenProcessPool:
            return []
        if trial is None:
            return []
        with contextlib.suppress(OSError):  # a plan needs no cache
            _TRIALS.write(path, trial)
    share = config.search.calibration / (config.search.renders or config.search.calibration)
    return [trial.searched + share * trial.finished]


def _part(config: ExperimentConfig) -> dict[str, Any]:
    """Return the part of a config that a trial depends on."""
    return config.model_dump(mode="json", exclude={"seed": True, "search": True}) | {
        "search": config.search.model_dump(mode="json", include={"method", "descriptors"})
    }


def _trial(config: ExperimentConfig) -> _Trial | None:
    try:
        return _measured(config)
    except Exception:  # noqa: BLE001 - a failed trial must not end the plan
        return None


def _measured(config: ExperimentConfig) -> _Trial:
    with prepare(config, workers=1) as setup, setup.evaluator() as evaluate:
        genotypes = setup.subspace.sample(_PRESETS, np.random.default_rng(0))
        others = setup.other_metrics()
        evaluate(genotypes)  # the first call compiles and fills caches
        started = time.perf_counter()
        evaluate(genotypes)
        searched = time.perf_counter() - started
        setup.scores(genotypes, others)
        finished = time.perf_counter() - started - searched
    return _Trial(searched / _PRESETS, finished / _PRESETS)
