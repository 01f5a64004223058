"""Renders that searches need with and without a surrogate.

Run as ``python -m patchwright.experiments.bench.assisted FOLDER...``, with the folders of runs such
as those of `experiments/configs/suites/search/assisted.yaml`; it prints Markdown tables. Distances
are geometric means over targets and seeds, in units of the median random preset.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patchwright.experiments.bench.courses import Course, by_target, read_courses
from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.experiments.terminal.plain_text import markdown_table

BASE = "cold"
BUDGETS = (32, 64, 125, 250, 500, 1_000, 2_500)
COMPARED = (64, 250, 500)
"""Budgets at which a method is compared with the base at the end of its search."""


def rows(courses: Mapping[str, Sequence[Course]]) -> list[list[str]]:
    """Arrange distances after numbers of renders, with a row per method."""
    base = courses[BASE]
    end = max(len(each.best) for each in base)
    budgets = [budget for budget in BUDGETS if budget <= end]
    head = ["method", *map(str, budgets)]
    head += [f"{budget} against {BASE} at {end}" for budget in COMPARED]
    table = [head]
    for name, found in courses.items():
        longest = max(len(each.best) for each in found)
        cells = [f"{_mean(found, b):.3f}" if b <= longest else "" for b in budgets]
        cells += ["" if name == BASE else _against(found, base, b, end) for b in COMPARED]
        table.append([name, *cells])
    return table


def _against(found: Sequence[Course], base: Sequence[Course], budget: int, end: int) -> str:
    """Compare the distances at a budget with those of the base at its end, target by target."""
    here, there = by_target(found, budget), by_target(base, end)
    p = signed_rank(here, there)
    test = "" if p is None else f", p {p:.2g}"
    return f"{(here < there).sum()} of {len(here)} nearer{test}"


def _mean(courses: Sequence[Course], budget: int) -> float:
    return float(np.exp(np.mean([np.log(each.after(budget)) for each in courses])))


def _method(run: FinishedRun) -> str:
    return run.config.search.method


def main(folders: Annotated[list[Path], typer.Argument(help="Folders of the runs.")]) -> None:
    """Print a Markdown table for each synth."""
    for synth, courses in read_courses(folders, _method, first=BASE).items():
        print(f"### {synth}, {len(courses[BASE])} searches\n\n{markdown_table(rows(courses))}\n")


if __name__ == "__main__":
    typer.run(main)
