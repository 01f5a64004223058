"""Time of plugins in a pool, beside the same host alone.

Run as ``python -m patchwright.experiments.bench.plugins [SYNTH=LOCK...]``.

Both take turns. The host alone plays the same presets one after the other in one process, although
one render may affect the next.
"""

import functools
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.table import Table

from patchwright.experiments.bench.play_all import PERFORMANCE, PlayAll
from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.terminal.console import Console
from patchwright.synths import SynthError
from patchwright.synths.parameters import Array
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.line import Line
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.process import PluginProcess
from patchwright.synths.plugins.spec import PluginSpec

PRESETS = 60
DEADLINE = 600.0
USUAL = ("vst2:amsynth_vst=amsynth-32", "vital=vital-24")
LOAD = """
import sys
from pathlib import Path
from patchwright.synths.plugins.hosts.host import open_host
from patchwright.synths.plugins.hosts.table import find_host
plugin = Path(sys.argv[2]) if sys.argv[2] else None
open_host(find_host(sys.argv[1]), plugin, sr=44100)
"""


def random_presets(pool: RenderPool, lock: str) -> Array:
    """Draw presets `[n, P]` within a lock file, or in the whole space without one."""
    locks = read_lock(lock) if lock else {}
    subspace = pool.space.lock(locks.get("lock"), free=locks.get("free"))
    return subspace.decode(subspace.sample(PRESETS, np.random.default_rng(0)))


def rates(spec: PluginSpec, lock: str) -> list[str]:
    """Measure milliseconds per render of the host alone and of pools, as columns of the table."""
    line = PluginProcess(spec.source, Policy.none).open_line()
    with RenderPool(spec, workers=1) as one, RenderPool(spec, workers=2) as two:
        rows = random_presets(one, lock)
        silent = np.repeat(quietest(one, rows), PRESETS, 0)
        calls: dict[str, Callable[[], Any]] = {
            "alone": functools.partial(alone, line, rows),
            "one": functools.partial(one.render, rows, PERFORMANCE),
            "two": functools.partial(two.render, rows, PERFORMANCE),
            "silent": functools.partial(one.render, silent, PERFORMANCE),
        }
        seconds = take_turns(calls, repeats=5)
    line.close()
    ms = {name: 1e3 * taken / PRESETS for name, taken in seconds.items()}
    return [
        *(f"{ms[name]:.1f}" for name in ("alone", "one", "two")),
        f"{ms['one'] - ms['alone']:+.1f}",
        f"{ms['one'] / ms['two']:.2f}",
        f"{ms['silent']:.1f}",
    ]


def alone(line: Line, rows: Array) -> None:
    """Play all presets in one process, without a pool."""
    reply = line.ask(PlayAll(rows), DEADLINE)
    if reply.status != "done":
        raise SynthError(f"the host alone: {reply.status}, {reply.result}")


def quietest(pool: RenderPool, rows: Array) -> Array:
    """Return the preset with the lowest peak, `[1, P]`."""
    peaks = np.abs(pool.render(rows, PERFORMANCE).audio).max(axis=(1, 2))
    return rows[[int(np.argmin(peaks))]]


def load_times(spec: PluginSpec) -> list[str]:
    """Measure seconds to load, by the host in a new Python and in a pool, as columns."""
    plugin = str(spec.source.plugin or "")
    command = [sys.executable, "-P", "-c", LOAD, spec.source.host.name, plugin]
    calls: dict[str, Callable[[], Any]] = {
        "alone": functools.partial(subprocess.run, command, check=True, capture_output=True),
        "pool": lambda: PluginProcess(spec.source, Policy.fork).close(),
    }
    seconds = take_turns(calls, repeats=5)
    ratio = seconds["pool"] / seconds["alone"]
    return [f"{seconds['alone']:.2f}", f"{seconds['pool']:.2f}", f"{ratio:.2f}"]


def main(addresses: list[str]) -> None:
    """Print the table of some plugins, given as ``SYNTH=LOCK`` or ``SYNTH``."""
    seconds = f"{PERFORMANCE.length:g} s note"
    table = Table(title=f"Plugins, ms per render of a {seconds} and seconds to load")
    table.add_column("synth")
    for name in ("host alone", "pool of 1", "of 2", "added", "1 : 2", "quietest"):
        table.add_column(name, justify="right")
    for name in ("load alone, s", "in a pool", "ratio"):
        table.add_column(name, justify="right")
    for argument in addresses:
        address, _, lock = argument.partition("=")
        started = time.perf_counter()
        try:
            spec = resolve(address)
            table.add_row(spec.name.rpartition("/")[2], *rates(spec, lock), *load_times(spec))
        except SynthError as error:
            print(f"{address} is left out: {error}")
            continue
        print(f"{spec.name}: measured in {time.perf_counter() - started:.0f} s")
    Console(width=140).print(table)


if __name__ == "__main__":
    main(sys.argv[1:] or list(USUAL))
