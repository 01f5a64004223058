"""Courses of searches: the best distance after each render, in units that runs share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyarrow.dataset import dataset

from patchwright.experiments.records.finished_run import FinishedRun, find_runs, read_run
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array


@dataclass(frozen=True, eq=False)
class Course:
    """The best distance of one search so far, `[renders]`."""

    target: str
    seed: int
    best: Array

    def after(self, renders: int) -> float:
        """Return the best distance after a number of renders, or at the end."""
        return float(self.best[min(renders, len(self.best)) - 1])


def read_courses(
    folders: Sequence[Path], title: Callable[[FinishedRun], str], *, first: str
) -> dict[str, dict[str, list[Course]]]:
    """Read the courses of runs, by synth and by group.

    Args:
        folders: Folders of runs.
        title: Function that names the group of a run.
        first: Group whose calibrations give the units of all; it comes first.

    Returns:
        Courses by synth, then by group; those of a group in the order of targets and seeds. Only
        targets and seeds that all groups of a synth have are kept.
    """
    synths: dict[str, dict[str, dict[tuple[str, int], FinishedRun]]] = {}
    for path in find_runs(list(folders)):
        record = read_run(path)
        groups = synths.setdefault(record.summary.synth, {})
        groups.setdefault(title(record), {})[record.target, record.config.seed] = record
    return {synth: _courses(groups, first) for synth, groups in synths.items()}


def by_target(courses: Sequence[Course], renders: int) -> Array:
    """Return logarithms of distances after a number of renders, `[targets]`: means over seeds."""
    targets = sorted({each.target for each in courses})
    return np.array(
        [
            np.mean([np.log(each.after(renders)) for each in courses if each.target == target])
            for target in targets
        ]
    )


def course(record: FinishedRun, units: Array) -> Course:
    """Read the course of a search from its log, in given units `[m]`."""
    best = np.minimum.accumulate(distances_in(units, logged_scores(record)))
    return Course(record.target, record.config.seed, best)


def logged_scores(record: FinishedRun) -> Array:
    """Read the scores `[renders, m]` of a search from its log."""
    logged = sorted(map(str, RunFolder(record.folder).evaluations.glob("*.parquet")))
    columns = [f"score.{name}" for name in record.summary.objectives]
    table = dataset(logged).to_table(columns=columns)
    return np.stack([column.to_numpy() for column in table.columns], axis=1)


def distances_in(units: Array, scores: Array) -> Array:
    """Return the distances `[renders]` to the ideal point; infinite for renders that failed."""
    return distance_to_ideal(np.nan_to_num(scores / units, nan=np.inf, posinf=np.inf))


def _courses(
    groups: Mapping[str, Mapping[tuple[str, int], FinishedRun]], first: str
) -> dict[str, list[Course]]:
    cells = sorted(set.intersection(*(set(runs) for runs in groups.values())))
    units = {
        cell: np.array([run.summary.random[name] for name in run.summary.objectives])
        for cell, run in groups[first].items()
    }
    return {
        name: [course(groups[name][cell], units[cell]) for cell in cells]
        for name in sorted(groups, key=lambda name: (name != first, name))
    }
