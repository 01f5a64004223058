"""Page of a comparison: one HTML file that loads nothing else."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from patchwright.experiments.compare.comparison import Comparison, MeasureResult
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
        comparison: Comparison to show.
        path: HTML file; its links to the runs' reports are relative to its folder.

    Examples:
        ::

            runs = [read_run(folder) for folder in find_runs([Path("runs/suite")])]
            write_page(compare_runs(runs), Path("comparison.html"))
    """
    write_text(path, _page(comparison, path.parent))


def _page(comparison: Comparison, folder: Path) -> str:
    environment = templates("patchwright.experiments.compare")
    script = Markup(environment.get_template("compare.js.j2").render())  # noqa: S704 - our own
    plotly = Markup(get_plotlyjs())  # noqa: S704 - a library's
    results = comparison.by_measure
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
    """Return a term, its value and a remark for each fact."""
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
        ("Targets", str(len(design.targets)), "the samples of all tests"),
        ("Seeds", str(len(seeds)), ", ".join(map(str, seeds))),
        ("Runs", str(len(design.records)), "one per group, target and seed"),
        ("Budget", budget[0], ", ".join([*budget[1:], f"{search.calibration} for calibration"])),
        ("Synths" if len(synths) > 1 else "Synth", ", ".join(synths), ""),
        ("Optimised", ", ".join(titles) if len(objectives) == 1 else "by group", ""),
    ]


def _measure(comparison: Comparison, result: MeasureResult) -> dict[str, Any]:
    """Return what the page shows when a measure is selected."""
    name, ranks = result.measure.name, result.ranks
    pairs = tests_table(comparison, [result])
    ranking = f"Ranks are compared for three or more groups on at least {FEWEST} targets."
    if ranks is not None:
        doubt = "" if ranks.p < LEVEL else ", which does not show that any groups differ"
        ranking = (
            f"Friedman's test: chi-squared {ranks.statistic:.2f}, p {probability(ranks.p)}{doubt}. "
            "A grey bar joins groups that do not differ by Nemenyi's test at 5 %."
        )
    return {
        "name": name,
        "title": title(name, higher=result.measure.higher),
        "tests": pairs,
        "targets": target_table(comparison, result),
        "ranked": ranks is not None,
        "ranking": ranking,
    }


def _runs(comparison: Comparison, folder: Path) -> list[tuple[str, list[list[tuple[int, str]]]]]:
    """Return, by target and group, the seeds with links to their reports, empty if missing."""
    design = comparison.design
    rows = []
    for place, target in enumerate(design.targets):
        columns = [column for column, cell in enumerate(design.cells) if cell[0] == place]
        cells = [
            [(design.cells[c][1], _link(RunFolder(row[c].folder).report, folder)) for c in columns]
            for row in design.runs
        ]
        rows.append((target, cells))
    return rows


def _link(report: Path, folder: Path) -> str:
    if not report.is_file():
        return ""
    place = Path(os.path.relpath(report.resolve(), folder.resolve())).as_posix()
    return quote(os.fsencode(place))  # also of names that are not UTF-8


def _figures(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Return the figures by their place on the page and the selection that shows them."""
    groups, ratings = comparison.design.groups, comparison.ratings
    rated = {} if ratings is None else {"rating": as_json(ratings_figure(comparison, ratings))}
    return {
        **({"ratings": rated} if rated else {}),
        "values": {
            result.measure.name: as_json(values_figure(comparison, result))
            for result in comparison.by_measure
        },
        "ranks": {
            result.measure.name: as_json(ranks_figure(groups, result.ranks))
            for result in comparison.by_measure
            if result.ranks is not None
        },
        "convergence": {
            f"{curve.axis} {curve.name}": as_json(convergence_figure(groups, curve))
            for curve in comparison.curves
        },
    }
