"""Plugins that the project has no description of: how soon they play, and what `--free` keeps.

``python -m patchwright.experiments.bench.free runs/bench-free lv2:JX10=8 lv2:synthv1`` matches
random presets of each plugin three times: with the parameters that `synth explore` ranks first,
with as many random ones, and with all. The first match is the command of a user who is new to the
plugin. A finished search is not repeated.

Distances are in units of the median preset of all parameters; what is kept is the share of the way
from there to where the search of all parameters ended.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patchwright.experiments.bench.courses import course
from patchwright.experiments.config import ExperimentConfig, SynthConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.explored import explored
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.recordings.sound_file import write_audio
from patchwright.experiments.records.finished_run import FinishedRun, read_run
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.trust.exploration import is_setting
from patchwright.synths import Performance, Status, SynthError, parse_notes
from patchwright.synths.whole_file import safe_name, whole_file

OBJECTIVES = ("mrstft", "mfcc_mae", "envelope")
NOTES, LENGTH, SR = "C4:0.5", 0.75, 22_050
RENDERS = 1_000
FREE = 32
_HEAD = [
    *("plugin", "parameters", "free", "first renders", "report", "distance: all", "measured"),
    *("random", "kept: measured", "random"),
]
_SETS = ("measured", "random", "all")
_LOUD = 0.05  # peak of a target
_TRIES = 200  # random presets, of which the first loud one is a target


@dataclass(frozen=True)
class Case:
    """A plugin with the folder of its searches.

    Attributes:
        address: Address of the plugin.
        free: Number of parameters that are compared with all.
        folder: Folder of the searches.
    """

    address: str
    free: int
    folder: Path

    @property
    def target(self) -> Path:
        """Folder of the targets."""
        return self.folder / "targets"

    def content(self, target: int, seed: int) -> dict[str, object]:
        """Return the content of an experiment without its synth."""
        path = str(self.target / f"{target}.wav")
        return {
            "target": {"path": path, "notes": NOTES, "length": LENGTH},
            "objectives": list(OBJECTIVES),
            "search": {"renders": RENDERS},
            "sr": SR,
            "seed": seed,
        }


def main(
    folder: Path,
    plugins: Annotated[list[str], typer.Argument(help="Addresses, or ADDRESS=FREE.")],
    targets: int = 2,
    seeds: int = 1,
    workers: int = 2,
) -> None:
    """Match presets of plugins, and print a Markdown table."""
    os.environ["XDG_CACHE_HOME"] = str((folder / "cache").resolve())  # nothing is known at first
    print(f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}")
    for text in plugins:
        address, _, free = text.partition("=")
        place = folder / safe_name(address)
        case = Case(address, int(free or FREE), place.resolve())
        try:
            print(_row(case, targets, seeds, workers), flush=True)
        except (ExperimentError, SynthError) as error:
            print(f"{address}: {error}", flush=True)


def _row(case: Case, targets: int, seeds: int, workers: int) -> str:
    """Run what is missing of a plugin, and return its line of the table."""
    synth = SynthConfig(name=case.address)
    _write_targets(case, synth, targets)
    first, report = _first_match(case, workers)
    config = check_experiment({**case.content(0, 0), "synth": {"name": case.address}}, "bench")
    found = explored(synth, config.objectives, workers=workers)
    movable = sorted(effect.name for effect in found.effects)
    chosen = found.choose(case.free)
    ends = dict.fromkeys(_SETS, np.empty(0))
    for target, seed in product(range(targets), range(seeds)):
        drawn = np.random.default_rng((seed, target)).permutation(movable)[: len(chosen)]
        sets = {"measured": chosen, "random": drawn.tolist(), "all": movable}
        runs = {
            name: _search(case, name, free, target, seed, workers) for name, free in sets.items()
        }
        whole = runs["all"].summary
        units = np.array([whole.random[name] for name in whole.objectives])
        for name, run in runs.items():
            ends[name] = np.append(ends[name], course(run, units).best[-1])
    gains = {name: 1.0 - end for name, end in ends.items()}
    count = len(movable) + len(found.settings)
    means = [f"{ends[name].mean():.2f}" for name in ("all", "measured", "random")]
    kept = [f"{gains[name].mean() / gains['all'].mean():.0%}" for name in ("measured", "random")]
    cells = [case.address, count, len(chosen), f"{first:.0f} s", f"{report:.0f} s", *means, *kept]
    return f"| {' | '.join(map(str, cells))} |"


def _write_targets(case: Case, synth: SynthConfig, count: int) -> None:
    """Write sounds of random presets of the plugin with its own settings, unless they are there."""
    case.target.mkdir(parents=True, exist_ok=True)
    if (case.target / f"{count - 1}.wav").exists():
        return
    performance = Performance.of(parse_notes(NOTES), length=LENGTH, sr=SR)
    with open_synth(synth) as plugin:
        kept = [i for i, name in enumerate(plugin.space.names) if is_setting(name)]
        for target in range(count):
            values = plugin.space.sample(_TRIES, np.random.default_rng(target))
            values[:, kept] = plugin.space.defaults[kept]
            for row in values:
                render = plugin.render(row[np.newaxis], performance)
                if render.status[0] == Status.ok and np.abs(render.audio).max() > _LOUD:
                    write_audio(case.target / f"{target}.wav", render.audio[0], SR)
                    break
            else:
                raise SynthError(f"{_TRIES} random presets of {case.address} are all silent.")


def _first_match(case: Case, workers: int) -> tuple[float, float]:
    """Return the seconds from a user's first command to the first renders, and to the report."""
    times = case.folder / "times.json"
    if not times.exists():
        run = RunFolder(_place(case, "measured", 0, 0))
        started = time.time()
        command = _command(case, run.path, workers)
        ended = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        if ended.returncode:
            raise SynthError(f"{ended.stderr.strip()} ({time.time() - started:.0f} s)")
        first = min(path.stat().st_mtime for path in run.evaluations.iterdir())
        report = run.report.stat().st_mtime
        with whole_file(times) as part:
            part.write_text(json.dumps([first - started, report - started]))
    first, report = json.loads(times.read_text())
    return first, report


def _command(case: Case, out: Path, workers: int) -> list[str]:
    options = {"synth": case.address, "free": case.free, "renders": RENDERS, "out": out}
    options |= {"notes": NOTES, "length": LENGTH, "set": f"sr={SR}", "seed": 0, "workers": workers}
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    given += [text for name in OBJECTIVES for text in ("--objective", name)]
    program = Path(sys.executable).with_name("patchwright")
    command = [str(program), "match", str(case.target / "0.wav")]
    return command + given


def _place(case: Case, name: str, target: int, seed: int) -> Path:
    return case.folder / f"target{target}-seed{seed}-{name}"


def _search(
    case: Case, name: str, free: list[str], target: int, seed: int, workers: int
) -> FinishedRun:
    """Run a search unless it is finished."""
    place = _place(case, name, target, seed)
    if not RunFolder(place).summary.exists():
        content = {**case.content(target, seed), "synth": {"name": case.address, "free": free}}
        config: ExperimentConfig = check_experiment(content, "bench")
        run_experiment(config, out=place, resume=place.exists(), workers=workers, report=False)
    return read_run(place)


if __name__ == "__main__":
    typer.run(main)
