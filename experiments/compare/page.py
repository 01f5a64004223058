"""The page of a comparison: one HTML file that loads nothing else."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from patchwright.experiments.compare.comparison import Comparison, Result
from patchwright.experiments.compare.convergence import AXES
from patchwright.experiments.compare.figures import (
    convergence_figure,
    ranks_figure,
    ratings_figure,
    values_figure,
)
from patchwright.experiments.compare.statistics import FEWEST, LEVEL
from patchwright.experiments.compare.tables import (
    budgets_table,
    curve_title,
    listening_tables,
    medians_table,
    probability,
    ranks_table,
    target_table,
    tests_table,
    title,
    wins_table,
)
from patchwright.experiments.pages.drawing import PALETTE, as_json
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.records.run_folder import RunFolder, write_text


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the page of a comparison; equal comparisons give equal bytes.

    Args:
        comparison: What to show.
        path: The HTML file. It links to the reports of the runs from where it lies.
    """
    write_text(path, _page(comparison, path.parent))


def _page(comparison: Comparison, folder: Path) -> str:
    environment = templates("patchwright.experiments.compare")
    script = Markup(environment.get_template("compare.js.j2").render())  # noqa: S704 - our own
    plotly = Markup(get_plotlyjs())  # noqa: S704 - a library's
    results = comparison.results
    return environment.get_template("compare.html.j2").render(
        version=version("patchwright"),
        groups=comparison.design.groups,
        remarks=comparison.remarks,
        facts=_facts(comparison),
        listening=listening_tables(comparison),
        medians=medians_table(comparison),
        wins=wins_table(comparison),
        ranks=ranks_table(comparison) if any(result.ranks for result in results) else None,
        measures=[_measure(comparison, result) for result in results],
        budgets=[
            budgets_table(comparison, axis)
            for axis in AXES
            if any(curve.axis == axis and len(curve.points) for curve in comparison.curves)
        ],
        quantities={curve.name: curve_title(curve.name) for curve in comparison.curves},
        axes=[axis for axis in AXES if any(curve.axis == axis for curve in comparison.curves)],
        runs=_runs(comparison, folder),
        figures=_figures(comparison),
        palette=PALETTE,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        plotly=plotly,
        script=script,
        allowed=[script_digest(plotly), script_digest(script)],
    )


def _facts(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Terms, what is the case, and a remark to each."""
    design = comparison.design
    first = design.runs[0][0].config
    search = first.search
    limits = {
        "renders": search.renders,
        "seconds": search.seconds,
        "generations": search.generations,
        "generations without progress": search.patience,
    }
    budget = [f"{limit:,} {name}" for name, limit in limits.items() if limit is not None]
    seeds = sorted({seed for _, seed in design.cells})
    synths = list(dict.fromkeys(record.config.synth.name for record in design.records))
    titles = [objective.title for objective in first.objectives]
    objectives = {tuple(o.title for o in record.config.objectives) for record in design.records}
    return [
        ("Groups", str(len(design.groups)), ", ".join(design.groups)),
        ("Targets", str(len(design.targets)), "tests are over them"),
        ("Seeds", str(len(seeds)), ", ".join(map(str, seeds))),
        ("Runs", str(len(design.records)), "one a group, target and seed"),
        ("Budget", budget[0], ", ".join([*budget[1:], f"{search.calibration} for calibration"])),
        ("Synths" if len(synths) > 1 else "Synth", ", ".join(synths), ""),
        ("Optimised", ", ".join(titles) if len(objectives) == 1 else "by group", ""),
    ]


def _measure(comparison: Comparison, result: Result) -> dict[str, Any]:
    """What the page shows of one measure when it is chosen."""
    name, ranks = result.measure.name, result.ranks
    pairs = tests_table(comparison, [result])
    told = f"Three groups on {FEWEST} targets or more are also compared by their ranks."
    if ranks is not None:
        doubt = "" if ranks.p < LEVEL else ", so that the groups may all be alike"
        told = (
            f"Friedman's test: chi-squared {ranks.statistic:.2f}, p {probability(ranks.p)}{doubt}. "
            "A grey bar joins groups that Nemenyi's test does not tell apart at 5 %."
        )
    return {
        "name": name,
        "title": title(name, higher=result.measure.higher),
        "tests": pairs,
        "targets": target_table(comparison, result),
        "ranked": ranks is not None,
        "told": told,
    }


def _runs(comparison: Comparison, folder: Path) -> list[tuple[str, list[list[tuple[int, str]]]]]:
    """For each target and group, the seeds with links to their reports; empty without one."""
    design = comparison.design
    found = []
    for place, target in enumerate(design.targets):
        columns = [column for column, (of, _) in enumerate(design.cells) if of == place]
        cells = [
            [(design.cells[c][1], _link(RunFolder(row[c].folder).report, folder)) for c in columns]
            for row in design.runs
        ]
        found.append((target, cells))
    return found


def _link(report: Path, folder: Path) -> str:
    if not report.is_file():
        return ""
    return quote(Path(os.path.relpath(report.resolve(), folder.resolve())).as_posix())


def _figures(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """By the place on the page, then by what is chosen there."""
    groups, ratings = comparison.design.groups, comparison.ratings
    heard = {} if ratings is None else {"rating": as_json(ratings_figure(comparison, ratings))}
    return {
        **({"ratings": heard} if heard else {}),
        "values": {
            result.measure.name: as_json(values_figure(comparison, result))
            for result in comparison.results
        },
        "ranks": {
            result.measure.name: as_json(ranks_figure(groups, result.ranks))
            for result in comparison.results
            if result.ranks is not None
        },
        "convergence": {
            f"{curve.axis} {curve.name}": as_json(convergence_figure(groups, curve))
            for curve in comparison.curves
        },
    }
