"""Page of the benchmark: one HTML file that loads nothing else."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from markupsafe import Markup

from patchwright.experiments.benchmark.ranking import PLAINEST, Ranking, rank
from patchwright.experiments.benchmark.tasks import Benchmark
from patchwright.experiments.benchmark.verify import Results
from patchwright.experiments.compare.tables import NONE, Cell, Table
from patchwright.experiments.pages.drawing import PALETTE
from patchwright.experiments.pages.numbers import number
from patchwright.experiments.pages.templates import templates
from patchwright.experiments.records.run_folder import write_text


def write_page(results: Sequence[Results], benchmark: Benchmark, path: Path) -> None:
    """Write the page; equal results give equal bytes.

    Args:
        results: Results of different methods, of one form.
        benchmark: Benchmark.
        path: HTML file.

    Raises:
        ExperimentError: See `rank`.
    """
    ranking = rank(results, benchmark)
    ordered = _ordered(results, ranking)
    first, means = ordered[0].method, ranking.ranks.mean(axis=1)
    environment = templates("patchwright.experiments.benchmark")
    write_text(
        path,
        environment.get_template("benchmark.html.j2").render(
            version=version("patchwright"),
            benchmark=benchmark,
            form=first.form,
            limits=benchmark.form(first.form),
            ranking=ranking,
            bars=list(zip(ranking.methods, means, ranking.intervals, strict=True)),
            tables=tables(results, ranking, benchmark),
            methods=[each.method for each in ordered],
            faults=[(each.method.name, fault) for each in ordered for fault in each.faults],
            left_out={name: why for each in ordered for name, why in each.left_out.items()},
            palette=PALETTE,
            style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        ),
    )


def tables(results: Sequence[Results], ranking: Ranking, benchmark: Benchmark) -> list[Table]:
    """Return the tables of the page, for other formats as well.

    Args:
        results: Results of all methods.
        ranking: Their ranking.
        benchmark: Benchmark.
    """
    ordered = _ordered(results, ranking)
    return [
        _ranks_table(ordered, ranking),
        _synths_table(ranking, benchmark),
        _measures_table(ordered, ranking),
    ]


def _ordered(results: Sequence[Results], ranking: Ranking) -> list[Results]:
    by_name = {each.method.name: each for each in results}
    return [by_name[name] for name in ranking.methods]


def _ranks_table(results: Sequence[Results], ranking: Ranking) -> Table:
    rows = []
    for place, each in enumerate(results):
        answers = each.answers
        pitched = [answer for answer in answers if answer.pitch_right is not None]
        right = sum(bool(answer.pitch_right) for answer in pitched)
        low, high = ranking.intervals[place]
        p = ranking.p[place]
        rows.append(
            (
                Cell(each.method.name, remark="ours" if each.method.ours else ""),
                Cell(
                    f"{ranking.ranks[place].mean():.2f}",
                    remark="" if np.isnan(low) else f"{low:.2f} to {high:.2f}",
                ),
                Cell(NONE if p is None else f"{p:.2g}"),
                Cell(f"{right} of {len(pitched)}"),
                Cell(_median(answer.plainest for answer in answers)),
                Cell(_median(answer.renders for answer in answers)),
                Cell(_median(answer.seconds for answer in answers)),
                Cell(str(len(each.faults))),
            )
        )
    return Table(
        title="Ranks",
        header=(
            "method",
            "mean rank",
            "p",
            "pitch right",
            "plainest difference",
            "renders",
            "seconds",
            "faults",
        ),
        names=1,
        rows=tuple(rows),
        note=f"Mean ranks over {len(ranking.tasks)} tasks, 1 is best, by "
        f"{', '.join(ranking.measures)}: the measures that no method here minimised. Intervals are "
        "95 %, over tasks. p: signed-rank test of the ranks by task against the first method, not "
        "corrected. Plainest difference in just noticeable differences; renders and seconds as "
        "claimed; all three are medians.",
    )


def _synths_table(ranking: Ranking, benchmark: Benchmark) -> Table:
    of_task = {task.name: task.synth_name for task in benchmark.tasks}
    synths = list(dict.fromkeys(of_task[name] for name in ranking.tasks))
    rows = []
    for place, method in enumerate(ranking.methods):
        cells = []
        for synth in synths:
            mine = np.array([of_task[name] == synth for name in ranking.tasks])
            means = ranking.ranks[:, mine].mean(axis=1)
            cells.append(Cell(f"{means[place]:.2f}", best=bool(means[place] == means.min())))
        rows.append((Cell(method), *cells))
    return Table(
        title="Ranks by synth",
        header=("method", *synths),
        names=1,
        rows=tuple(rows),
        note="Mean ranks over the tasks of each synth: few tasks, so a hint.",
    )


def _measures_table(results: Sequence[Results], ranking: Ranking) -> Table:
    names = (*ranking.measures, *ranking.others)
    medians = np.median(ranking.losses, axis=2)
    rows = []
    for row, name in enumerate(names):
        least = medians[:, row].min()
        cells = [
            Cell(
                (number(float(value)) if np.isfinite(value) else NONE)
                + ("*" if name in each.method.optimised else ""),
                best=bool(value == least and np.isfinite(value)),
            )
            for value, each in zip(medians[:, row], results, strict=True)
        ]
        rows.append((Cell(name), *cells))
    return Table(
        title="Measures",
        header=("measure", *ranking.methods),
        names=1,
        rows=tuple(rows),
        note="Medians over tasks of the medians over seeds, in units of the median random preset; "
        f"{PLAINEST} in just noticeable differences. A star marks what a method minimised itself.",
    )


def _median(values: Iterable[float]) -> str:
    found = [*values]
    return number(float(np.median(found))) if found else NONE
