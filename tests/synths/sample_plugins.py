"""Plugins and presets for tests."""

import time
from pathlib import Path

import numpy as np

from patchwright.synths import Note, Performance
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.parameters.locks import Locks, read_lock
from patchwright.synths.plugins.address import installed, resolve
from patchwright.synths.plugins.hosts.table import synth_hosts
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.spec import PluginSpec
from tests.needs import missing, need_package

NOTE = Performance(notes=(Note(pitch=60, duration=0.15),), length=0.25, sr=22_050)
FAULTS = ("crash", "hang", "not_a_number", "leak", "memory", "slow", "silence", "flaky", "unsteady")


def need_amsynth() -> None:
    need_package("dawdreamer", "dawdreamer")
    if "vst2:amsynth_vst" not in installed():
        missing("amsynth is missing: install Debian's package amsynth")


def healthy(space: ParameterSpace, n: int, seed: int = 0, **faults: float) -> Array:
    """Return random values `[n, P]` of the fault synth, with no faults except those given."""
    values = space.sample(n, np.random.default_rng(seed))
    for name in FAULTS:
        values[:, space.index(name)] = faults.get(name, 0.0)
    return values


def plugin(name: str, fault_synth: Path) -> tuple[PluginSpec, Locks]:
    """Return a spec and locks by name: amsynth, vital, fault, or the address of a host's synth."""
    if name == "amsynth":
        need_amsynth()
        return resolve("vst2:amsynth_vst"), read_lock("amsynth-32")
    if name == "vital":
        need_package("vita", "vital")
        return resolve("vital"), read_lock("vital-24")
    if name in synth_hosts():
        return resolve(name), {}
    locked = {fault: {"normalised": 0.0} for fault in FAULTS}
    locked["memory"] = {"normalised": 1.0}  # hidden state that outlives the instance
    return resolve(str(fault_synth)), {"lock": locked}


def presets(pool: RenderPool, locks: Locks, n: int) -> Array:
    """Return random presets `[n, P]` within locks."""
    subspace = pool.space.lock(locks.get("lock"), free=locks.get("free"))
    return subspace.decode(subspace.sample(n, np.random.default_rng(0)))


def plugin_processes(parent: int) -> list[int]:
    """Return the IDs of the plugin processes that a process started, and of their forks."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"patchwright.synths.plugins.snapshot" in words and str(parent).encode() in words:
            found.append(int(folder.name))
    return found


def left_behind(parent: int) -> list[int]:
    """Return the IDs of the plugin processes that remain; wait up to 2 s for them to end."""
    until = time.monotonic() + 2
    while plugin_processes(parent) and time.monotonic() < until:
        time.sleep(0.01)
    return plugin_processes(parent)
