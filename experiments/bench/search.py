"""Renders that each method needs for a match, on the suites in `experiments/configs/suites/search`.

Run as ``python -m patchwright.experiments.bench.search FOLDER...``; it prints a Markdown table for
each synth.

The answer after a number of renders is read from the evaluation logs. Tests pair medians over
seeds, one pair per target.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patchwright.experiments.bench.courses import distances_in, logged_scores
from patchwright.experiments.compare.statistics import holm, signed_rank
from patchwright.experiments.records.finished_run import FinishedRun, find_runs, read_run
from patchwright.synths.parameters import Array

BUDGETS = (250, 500, 1_000, 2_500, 5_000, 10_000)
OURS = "auto"
PEERS = {
    "deap_nsga2(population=30, tournament=False)": "AutoSoundMatch's NSGA-II",
    "ga(crossover=two_point, crossover_rate=0.5, mutation_rate=0.3, gene_rate=0.05, elite=0)": (
        "spiegelib's GA"
    ),
    "nsga3(crossover_eta=30, mutation_eta=20)": "spiegelib's NSGA-III",
    "nsga2(crossover_eta=15, mutation_eta=20)": "NSGA-II of pymoo",
    "de": "DE of pymoo",
    "tpe": "TPE of Optuna",
}


@dataclass(frozen=True, eq=False)
class Course:
    """Answers of one method at increasing numbers of renders.

    Attributes:
        name: Name of the method, with its budget.
        cells: Target and seed of each run, `r` of them.
        budgets: Numbers of renders that all runs reached, `b` of them.
        distances: Distances to the ideal point, in units of the median random preset, `[r, b]`.
        scores: Scores of the objectives, `[r, b, m]`.
    """

    name: str
    cells: tuple[tuple[str, int], ...]
    budgets: tuple[int, ...]
    distances: Array
    scores: Array

    def over_seeds(self, values: Array) -> dict[str, Array]:
        """Return the median over seeds of values `[r, ...]`, by target."""
        targets = np.array([target for target, _ in self.cells])
        return {name: np.median(values[targets == name], axis=0) for name in np.unique(targets)}


def answers(record: FinishedRun) -> tuple[Array, Array]:
    """Return distances `[b]` and scores `[b, m]` of a run's answers at the budgets it reached."""
    scores = logged_scores(record)
    units = np.array([record.summary.random[name] for name in record.summary.objectives])
    distances = distances_in(units, scores)
    places = [int(np.argmin(distances[:budget])) for budget in BUDGETS if budget <= len(scores)]
    return distances[places], scores[places]


def courses(records: Iterable[FinishedRun]) -> list[Course]:
    """Group runs by method and budget, with ours first and then the order of `PEERS`."""
    groups: dict[tuple[str, int], list[FinishedRun]] = {}
    for record in records:
        groups.setdefault((record.method, record.config.search.renders or 0), []).append(record)
    order = [OURS, *PEERS]
    grouped = []
    for method, renders in sorted(groups, key=lambda key: ((*order, key[0]).index(key[0]), key)):
        runs = groups[method, renders]
        read = [answers(record) for record in runs]
        reached = min(len(distances) for distances, _ in read)
        grouped.append(
            Course(
                name=f"{PEERS.get(method, method)}, {renders:,}",
                cells=tuple((record.target, record.config.seed) for record in runs),
                budgets=BUDGETS[:reached],
                distances=np.stack([distances[:reached] for distances, _ in read]),
                scores=np.stack([scores[:reached] for _, scores in read]),
            )
        )
    return grouped


def table(shown: Sequence[Course], objectives: Sequence[str]) -> str:
    """Format distances and scores as Markdown, with a test of ours against each peer at the end."""
    ours = next((course for course in shown if course.name.startswith(OURS)), None)
    peers = [course for course in shown if course is not ours]
    p = _tests(ours, peers) if ours is not None else {}
    head = ["method, renders", "runs", *(f"{budget:,}" for budget in BUDGETS), *objectives]
    head += ["ours is nearer", "p"] if ours is not None else []
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for course in shown:
        means = np.exp(np.log(course.distances).mean(axis=0))
        row = [course.name, str(len(course.cells)), *(f"{mean:.3f}" for mean in means)]
        row += [""] * (len(BUDGETS) - len(means))
        row += [f"{value:.3g}" for value in np.median(course.scores[:, -1], axis=0)]
        row += p.get(course.name, ["", ""] if ours is not None else [])
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _tests(ours: Course, peers: Sequence[Course]) -> dict[str, list[str]]:
    """Return for each peer the share of targets where ours ends nearer, and Holm's p."""
    mine = ours.over_seeds(ours.distances[:, -1])
    pairs = {}
    for peer in peers:
        theirs = peer.over_seeds(peer.distances[:, -1])
        shared = sorted(mine.keys() & theirs.keys())
        pairs[peer.name] = np.array([[mine[name], theirs[name]] for name in shared]).T
    tested = {name: signed_rank(*np.log(pair)) for name, pair in pairs.items() if pair.size}
    known = {name: p for name, p in tested.items() if p is not None}
    corrected = dict(zip(known, holm(np.array(list(known.values()))), strict=True))
    return {
        name: [
            f"{(pairs[name][0] < pairs[name][1]).sum()} of {pairs[name].shape[1]}",
            f"{corrected[name]:.2g}" if name in corrected else "-",
        ]
        for name in tested
    }


def main(folders: Annotated[list[Path], typer.Argument(help="Folders of the suites.")]) -> None:
    """Print a Markdown table for each synth."""
    groups: dict[tuple[str, tuple[str, ...]], list[FinishedRun]] = {}
    for path in find_runs(folders):
        record = read_run(path)
        key = (record.summary.synth, tuple(record.summary.objectives))
        groups.setdefault(key, []).append(record)
    for (synth, objectives), records in groups.items():
        free = records[0].summary.free
        targets = len({record.target for record in records})
        print(f"### {synth}, {free} free parameters, {targets} targets\n")
        print(table(courses(records), objectives) + "\n")


if __name__ == "__main__":
    typer.run(main)
