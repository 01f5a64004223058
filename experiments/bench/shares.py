"""Where the time of a search on a plugin goes: ``python -m patchwright.experiments.bench.shares``.

A preset of amsynth's own banks is the target, 32 parameters are free, the search is the default.
Shares are of the workers' time: their number times the seconds on the clock.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.console import Console
from rich.table import Table

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.recordings.sound_file import write_audio
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
    """Passes everything on to another object, and adds up what calls of one method took.

    Args:
        inner: The object.
        method: Its name.
        seconds: What to add of a call, from its result and the time that it took.
    """

    def __init__(
        self, inner: Any, method: str, seconds: Callable[[Any, float], dict[str, float]]
    ) -> None:
        self._inner, self._method, self._seconds = inner, method, seconds
        self._lock = threading.Lock()
        self.totals: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._clock(found) if name == self._method else found

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
    """Seconds in the plugin, and around it."""
    inside = float(renders.seconds.sum())
    return {"plugin": inside, "fork, pipes, copies": taken - inside}


def target(folder: Path) -> Path:
    """Write the recording of a preset of the bank."""
    with RenderPool(resolve(SYNTH)) as pool:
        preset = read_preset(BANK, pool, name=PRESET)
        audio = pool.render(preset.values[np.newaxis], PERFORMANCE).audio[0]
    path = folder / "target.wav"
    write_audio(path, audio, PERFORMANCE.sr)
    return path


def experiment(path: Path) -> ExperimentConfig:
    """The default search, with a name for the note that is played."""
    note = PERFORMANCE.notes[0]
    content = {
        "target": {"path": str(path), "note": note.pitch, "duration": note.duration},
        "synth": {"name": SYNTH, "lock": "amsynth-32"},
        "search": {"renders": RENDERS},
    }
    return check_experiment(content, "bench")


def main() -> None:
    """Search, and print the shares."""
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
    table = Table("where", "ms a render", "share", title=f"{SYNTH}, {RENDERS} renders")
    for name, seconds in totals.items():
        table.add_row(name, f"{1e3 * seconds / RENDERS:.1f}", f"{seconds / whole:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    try:
        main()
    except SynthError as error:
        print(f"The shares of a search are left out: {error}")
