"""Search, neural prediction, and search that starts from predictions, on the same targets.

Run as ``python -m patchwright.experiments.bench.neural FOLDER...``, with the folders of runs such
as those of `experiments/configs/suites/neural.yaml`; it prints Markdown tables, for presets and for
recordings. Distances are geometric means over targets and seeds, in units of the median random
preset; the random presets of the calibration, which all methods share, are left out. A method is
compared with the base target by target, at equal renders, and at the seconds in which the base made
its renders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patchwright.experiments.bench.courses import distances_in, logged_scores
from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.records.finished_run import FinishedRun, find_runs, read_run
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.synths.parameters import Array

BASE = "cold"
BUDGETS = (1, 16, 64, 250, 1_000, 2_500)


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run.

    Attributes:
        target: Name of the target.
        best: Least distance after each render that follows the calibration, `[renders]`.
        seconds: Wall time after each of them, without the calibration, `[renders]`.
    """

    target: str
    best: Array
    seconds: Array

    @classmethod
    def of(cls, record: FinishedRun) -> "Attempt":
        """Read a run."""
        units = np.array([record.summary.random[name] for name in record.summary.objectives])
        first = record.config.search.calibration
        scores = logged_scores(record)[first:]
        points = [(point.renders, point.seconds) for point in record.history]
        renders, seconds = map(np.array, zip(*points, strict=True))
        spent = np.interp(first + 1 + np.arange(len(scores)), renders, seconds) - seconds[0]
        best = np.minimum.accumulate(distances_in(units, scores))
        return cls(record.target, best, spent)

    def after(self, renders: int) -> float:
        """Return the logarithm of the distance after a number of renders, or at the end."""
        return float(np.log(self.best[min(renders, len(self.best)) - 1]))

    def within(self, seconds: float) -> float:
        """Return the logarithm of the distance after a time; of the first render if it is less."""
        done = int(np.searchsorted(self.seconds, seconds, side="right"))
        return self.after(max(1, done))


Attempts = Mapping[str, Mapping[tuple[str, int], Attempt]]
"""Runs by method, then by target and seed; all methods have the same ones."""


def read_attempts(folders: Sequence[Path]) -> dict[str, Attempts]:
    """Read runs, and divide them into those of presets and of recordings."""
    kinds: dict[str, dict[str, dict[tuple[str, int], Attempt]]] = {}
    for path in find_runs(list(folders)):
        record = read_run(path)
        kind = "recordings" if record.config.target.recorded else "presets"
        runs = kinds.setdefault(kind, {}).setdefault(record.method, {})
        runs[record.target, record.config.seed] = Attempt.of(record)
    return {kind: _shared(methods) for kind, methods in kinds.items()}


def rows(attempts: Attempts) -> list[list[str]]:
    """Arrange distances after numbers of renders, with a row per method."""
    base = attempts[BASE]
    end = max(len(each.best) for each in base.values())
    budgets = [budget for budget in BUDGETS if budget <= end]
    head = ["method", *map(str, budgets), f"against {BASE} at {end}", "in its seconds"]
    table = [head]
    for name, runs in attempts.items():
        cells = [f"{np.exp(np.mean([a.after(b) for a in runs.values()])):.3f}" for b in budgets]
        if name != BASE:
            there = _by_target({cell: run.after(end) for cell, run in base.items()})
            here = _by_target({cell: run.after(end) for cell, run in runs.items()})
            timed = _by_target(
                {cell: run.within(base[cell].seconds[-1]) for cell, run in runs.items()}
            )
            cells += [_against(here, there), _against(timed, there)]
        else:
            cells += ["", ""]
        table.append([name, *cells])
    return table


def _against(here: Array, there: Array) -> str:
    p = signed_rank(here, there)
    test = "" if p is None else f", p {p:.2g}"
    return f"{(here < there).sum()} of {len(here)} nearer{test}"


def _by_target(found: Mapping[tuple[str, int], float]) -> Array:
    """Average over the seeds of each target, `[targets]`."""
    targets = sorted({target for target, _ in found})
    return np.array([np.mean([x for (t, _), x in found.items() if t == each]) for each in targets])


def _shared(
    methods: Mapping[str, Mapping[tuple[str, int], Attempt]],
) -> dict[str, dict[tuple[str, int], Attempt]]:
    """Keep the targets and seeds that all methods have, and put the base first."""
    cells = sorted(set.intersection(*(set(runs) for runs in methods.values())))
    order = sorted(methods, key=lambda name: (name != BASE, name))
    return {name: {cell: methods[name][cell] for cell in cells} for name in order}


def main(folders: Annotated[list[Path], typer.Argument(help="Folders of the runs.")]) -> None:
    """Print a Markdown table for presets, and one for recordings."""
    for kind, attempts in read_attempts(folders).items():
        searches = len(next(iter(attempts.values())))
        typer.echo(f"### {kind}, {searches} runs a method\n\n{markdown_table(rows(attempts))}\n")


if __name__ == "__main__":
    typer.run(main)
