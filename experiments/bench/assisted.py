"""What searches reach after equal numbers of renders, and in equal time of one processor.

Run as ``python -m patchwright.experiments.bench.assisted LOG --method NAME=RENDERS...``. It goes
on where it was stopped, and prints Markdown tables.

Targets are recordings, and random presets of the synth itself at different pitches. All methods of
a target and a seed share their random presets, and so their units. Time is that of the processor
from the first random preset on, with one worker, so that other processes on the machine hardly
count; starting and reading the model are left out.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.search import calibrate, run
from patchwright.synths.parameters import Array

RENDERS = (64, 125, 250, 500, 1_000, 2_500)
SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
BASE = "cold"
LENGTH = 1.5
"""Seconds of each sound."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The course of one search.

    Attributes:
        target: Name of the target.
        seed: Seed of the search.
        method: Method, with its options.
        chose: What the method says of itself.
        renders: Renders at the end of each generation, `[g]`.
        seconds: Seconds of the processor until then, `[g]`.
        distances: Distances of the best so far, `[g]`.
    """

    target: str
    seed: int
    method: str
    chose: str | None
    renders: list[int]
    seconds: list[float]
    distances: list[float]

    def after(self, limit: float, *, of: str) -> float | None:
        """Return the distance after a number of `renders` or `seconds`.

        None before the first generation, and beyond the end of the search.
        """
        axis = np.array(self.renders if of == "renders" else self.seconds)
        if axis[-1] < limit or axis[0] > limit:
            return None
        return self.distances[int(np.searchsorted(axis, limit, side="right")) - 1]


def trial(config: ExperimentConfig, target: str, method: str) -> Trial:
    """Search with one worker."""
    search, seed = config.search, config.seed
    with prepare(config, workers=1) as setup, setup.evaluator() as evaluate:
        started = time.process_time()
        calibration = calibrate(
            evaluate, setup.subspace, search.calibration, np.random.default_rng((seed, 0))
        )
        optimizer = setup.optimizer(calibration.best(search.calibration))
        seconds: list[float] = []
        found = run(
            evaluate,
            optimizer,
            search.budget,
            calibration=calibration,
            callbacks=[lambda _: seconds.append(round(time.process_time() - started, 3))],
        )
    # the calibration is generation 0, of which no callback hears
    history = found.history[-len(seconds) :]
    return Trial(
        target=target,
        seed=seed,
        method=method,
        chose=found.chose,
        renders=[generation.renders for generation in history],
        seconds=seconds,
        distances=[round(float(generation.distance), 6) for generation in history],
    )


def targets_of(folder: Path | None, presets: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield names and configs of the recordings in a folder, and of random presets."""
    for path in [] if folder is None else sorted(folder.glob("*.flac")):
        yield path.stem, {"path": str(path.resolve()), "length": LENGTH}
    for number in range(presets):
        note, held = 48 + 6 * (number % 5), 0.3 + 0.25 * (number % 4)
        yield f"preset {number}", {
            "random": 1_000 + number, "note": note, "duration": held, "length": LENGTH
        }  # fmt: skip


def table(trials: Sequence[Trial], *, of: str) -> list[list[str]]:
    """Arrange geometric means over targets and seeds at equal `renders` or `seconds`.

    Each cell also has the ratio to the base, and of how many targets it is the nearer one. Only
    targets and seeds of all methods count.
    """
    by_method: dict[str, dict[tuple[str, int], Trial]] = defaultdict(dict)
    for each in trials:
        by_method[each.method][each.target, each.seed] = each
    common = set.intersection(*(set(found) for found in by_method.values()))
    limits: Sequence[float] = RENDERS if of == "renders" else SECONDS
    rows = [["method", *(f"{limit:g}" for limit in limits)]]
    for method, found in by_method.items():
        cells = [_cell(found, by_method[BASE], common, limit, of) for limit in limits]
        rows.append([method, *cells])
    return rows


def _cell(
    found: Mapping[tuple[str, int], Trial],
    base: Mapping[tuple[str, int], Trial],
    common: set[tuple[str, int]],
    limit: float,
    of: str,
) -> str:
    here, there = (_by_target(trials, common, limit, of) for trials in (found, base))
    if here is None:
        return ""
    mean = f"{np.exp(here.mean()):.3f}"
    if found is base or there is None:
        return mean
    p = signed_rank(here, there)
    test = "" if p is None else f", p {p:.2g}"
    ratio = np.exp((here - there).mean())
    return f"{mean} (x {ratio:.2f}, {(here < there).sum()} of {len(here)}{test})"


def _by_target(
    trials: Mapping[tuple[str, int], Trial], common: set[tuple[str, int]], limit: float, of: str
) -> Array | None:
    """Return mean logarithms of distances by target, `[t]`; None if one search is too short."""
    logs: dict[str, list[float]] = defaultdict(list)
    for target, seed in sorted(common):
        distance = trials[target, seed].after(limit, of=of)
        if distance is None:
            return None
        logs[target].append(np.log(distance))
    return np.array([np.mean(found) for found in logs.values()])


def main(
    log: Annotated[Path, typer.Argument(help="File of JSON lines to continue.")],
    methods: Annotated[
        list[str],
        typer.Option("--method", help="Method and its renders, as NAME=RENDERS; several times."),
    ],
    synth: Annotated[str, typer.Option(help="Built-in synth or plugin.")] = "subtractive",
    model: Annotated[str, typer.Option(help="Folder of the model.")] = "auto",
    recordings: Annotated[Path | None, typer.Option(help="Folder of FLAC files.")] = None,
    presets: Annotated[int, typer.Option(help="Number of random presets.")] = 6,
    seeds: Annotated[int, typer.Option(help="Number of seeds.")] = 3,
    calibration: Annotated[int, typer.Option(help="Random presets of each search.")] = 32,
) -> None:
    """Search, and print tables at equal renders and in equal time."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    trials = [Trial(**json.loads(line)) for line in lines]
    done = {(each.target, each.seed, each.method) for each in trials}
    for seed in range(seeds):
        for name, target in targets_of(recordings, presets):
            for entry in methods:
                method, _, renders = entry.partition("=")
                if (name, seed, method) in done:
                    continue
                search = {
                    "method": method,
                    "renders": int(renders),
                    "calibration": calibration,
                    "model": "none" if method == BASE else model,
                }
                content = {"synth": {"name": synth}, "target": target, "seed": seed}
                config = ExperimentConfig.model_validate(content | {"search": search})
                trials.append(trial(config, name, method))
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(trials[-1])) + "\n")
    for of in ("renders", "seconds"):
        print(f"#### Equal {of}\n\n{markdown_table(table(trials, of=of))}\n")


if __name__ == "__main__":
    typer.run(main)
