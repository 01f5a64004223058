"""Speed of the built-in synths, in seconds of sound per second.

Run as ``python -m patchwright.experiments.bench.rendering``.

Notes of 2 s at 44.1 kHz with random presets, in one thread, and split among workers as in a search.
"""

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from rich.table import Table

from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.terminal.console import Console
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import SYNTHS, TorchSynth
from patchwright.synths.parameters import Array

SECONDS = 2.0
BATCHES = (1, 16, 64, 256)
PERFORMANCE = Performance(notes=(Note(pitch=60, duration=1.5),), length=SECONDS)


def split(pool: ThreadPoolExecutor, synth: TorchSynth, values: Array) -> None:
    """Render as a search does: four presets per task, one thread per worker."""
    tasks = [values[first : first + 4] for first in range(0, len(values), 4)]
    list(pool.map(lambda some: synth.render(some, PERFORMANCE), tasks))


def main() -> None:
    """Print multiples of real time."""
    torch.set_num_threads(1)
    workers = os.cpu_count() or 1
    table = Table(title=f"Seconds of sound per second, {SECONDS:g} s notes at {PERFORMANCE.sr} Hz")
    table.add_column("synth")
    for batch in BATCHES:
        table.add_column(f"batch {batch}", justify="right")
    with ThreadPoolExecutor(workers) as pool:
        rows: dict[str, list[str]] = {}
        for batch in BATCHES:
            calls: dict[str, Callable[[], Any]] = {}
            for name, cls in SYNTHS.items():
                synth = cls()
                values = synth.space.sample(batch, np.random.default_rng(0))
                calls[f"{name}, 1 worker"] = functools.partial(synth.render, values, PERFORMANCE)
                calls[f"{name}, {workers} workers"] = functools.partial(split, pool, synth, values)
            for name, seconds in take_turns(calls, repeats=5 if batch < 256 else 3).items():
                rows.setdefault(name, []).append(f"{batch * SECONDS / seconds:.0f}x")
    for name, row in rows.items():
        table.add_row(name, *row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
