"""Shares of the time of a search on a plugin.

Run as ``python -m patchwright.experiments.bench.shares``.

The target is a preset of amsynth's own bank; 32 parameters are free; the search is the default.
Shares are of the workers' time: number of workers times wall time.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.table import Table

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.recordings.sound_file import write_audio
from patchwright.experiments.terminal.console import Console
from patchwright.objectives import ObjectiveSet
from patchwright.search import calibrate, run
from patchwright.synths import Note, Performance, SynthError
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets.files import read_preset
from patchwright.synths.rendering import Renderings

SYNTH = "vst2:amsynth_vst"
BANK = Path("/usr/share/amsynth/banks/amsynth_factory.bank")
PRESET = "2"
PERFORMANCE = Performance(notes=(Note(pitch=60, duration=1.0),), length=1.5)
RENDERS = 1_000


class Clocked:
    """A wrapper of an object that adds up the time of one method's calls.

    Args:
        inner: Object that does the work.
        method: Name of its timed method.
        seconds: Function from a call's result and its seconds to the seconds to add, by name.

    Attributes:
        totals: Sums of seconds, by name.
    """

    def __init__(
        self, inner: Any, method: str, seconds: Callable[[Any, float], dict[str, float]]
    ) -> None:
        self._inner, self._method, self._seconds = inner, method, seconds
        self._lock = threading.Lock()
        self.totals: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        return self._clock(attribute) if name == self._method else attribute

    def _clock(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*arguments: Any) -> Any:
            started = time.perf_counter()
            result = call(*arguments)
            taken = self._seconds(result, time.perf_counter() - started)
            with self._lock:
                for name, seconds in taken.items():
                    self.totals[name] = self.totals.get(name, 0.0) + seconds
            return result

        return clocked


def of_render(renders: Renderings, taken: float) -> dict[str, float]:
    """Split the seconds of a render into the plugin's and the rest."""
    inside = float(renders.seconds.sum())
    return {"plugin": inside, "fork, pipes, copies": taken - inside}


def target(folder: Path) -> Path:
    """Write a recording of a preset of the bank, and return its path."""
    with RenderPool(resolve(SYNTH)) as pool:
        preset = read_preset(BANK, pool, name=PRESET)
        audio = pool.render(preset.values[np.newaxis], PERFORMANCE).audio[0]
    path = folder / "target.wav"
    write_audio(path, audio, PERFORMANCE.sr)
    return path


def experiment(path: Path) -> ExperimentConfig:
    """Return the config of the default search, with the target's note given."""
    note = PERFORMANCE.notes[0]
    content = {
        "target": {"path": str(path), "note": note.pitch, "duration": note.duration},
        "synth": {"name": SYNTH, "lock": "amsynth-32"},
        "search": {"renders": RENDERS},
    }
    return check_experiment(content, "bench")


def main() -> None:
    """Run the search, and print the shares."""
    with tempfile.TemporaryDirectory() as folder:
        config = experiment(target(Path(folder)))
        prepared = prepare(config)
    with prepared as setup:
        synth = Clocked(setup.synth, "render", of_render)
        objectives = Clocked(setup.objectives, "score", lambda _, taken: {"scoring": taken})
        clocked = replace(setup, synth=synth, objectives=cast(ObjectiveSet, objectives))
        started = time.perf_counter()
        with clocked.evaluator() as evaluate:
            rng = np.random.default_rng((config.seed, 0))
            calibration = calibrate(evaluate, setup.subspace, config.search.calibration, rng)
            optimizer = setup.method(
                setup.subspace,
                len(config.objectives),
                seed=config.seed,
                initial=calibration.best(config.search.calibration),
            )
            run(evaluate, optimizer, config.search.budget, calibration=calibration)
        whole = setup.workers * (time.perf_counter() - started)
    totals = synth.totals | objectives.totals
    totals["optimizer, archive, waiting"] = whole - sum(totals.values())
    table = Table("where", "ms per render", "share", title=f"{SYNTH}, {RENDERS} renders")
    for name, seconds in totals.items():
        table.add_row(name, f"{1e3 * seconds / RENDERS:.1f}", f"{seconds / whole:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    try:
        main()
    except SynthError as error:
        print(f"The shares of a search are left out: {error}")
