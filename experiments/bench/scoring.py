"""Time of scoring, beside the reference libraries.

Run as ``python -m patchwright.experiments.bench.scoring``.

One thread, notes in noise at 44.1 kHz. The libraries and Patchwright take turns within each repeat,
so that other load on the machine slows all of them; figures are medians over repeats.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from rich.table import Table

from patchwright.experiments.bench.references import LIBRARIES, SR, Audio
from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.safe_path import protect_new_processes
from patchwright.experiments.terminal.console import Console
from patchwright.objectives import OBJECTIVES, MelConfig, ObjectiveSet, Spectra, STFTConfig, Target
from patchwright.objectives.sets import OBJECTIVE_SETS

SECONDS = (1, 2)
BATCHES = (1, 4, 16, 64)
USUAL_BATCH = 16
LARGE_BATCH = 256
REPEATS = 7
ONE_AT_A_TIME = 4
"""Candidates that a library measures per repeat."""


def sounds(n: int, seconds: int) -> Audio:
    """Make mono sounds `[n, 1, t]`: noise and a low note, as some objectives need a pitch."""
    generator = np.random.default_rng(0)
    audio = generator.standard_normal((n, 1, seconds * SR), dtype=np.float32)
    time = np.arange(seconds * SR, dtype=np.float32) / SR
    audio += 4 * np.sin(2 * np.pi * 220 * time)
    audio *= 0.1
    return audio


def measure(name: str, chosen: list[str], audio: Audio) -> tuple[list[str], float, float]:
    """Measure some objectives together.

    Args:
        name: Name of the row; the name of an objective adds its library.
        chosen: Names of the objectives.
        audio: Target and then candidates, `[n, 1, t]`.

    Returns:
        Row of the table, our milliseconds per candidate in the usual batch, and the library's, or
        0 without one.
    """
    target, candidates = audio[0], audio[1:]
    scorer = ObjectiveSet([OBJECTIVES[each]() for each in chosen], Target(target, SR))
    few = candidates[:ONE_AT_A_TIME]
    calls: dict[str, Callable[[], object]] = {
        str(batch): functools.partial(scorer.score, candidates[:batch]) for batch in BATCHES
    }
    library, make = LIBRARIES.get(name, ("-", None))
    theirs = make(target) if make else None
    if theirs:
        calls[library] = lambda: [theirs(one) for one in few]
    seconds = take_turns(calls, REPEATS)
    cost = {batch: 1e3 * seconds[str(batch)] / batch for batch in BATCHES}
    row = [name, *(f"{cost[batch]:.2f}" for batch in BATCHES)]
    if theirs is None:
        return [*row, "-", "-", "-"], cost[USUAL_BATCH], 0.0
    library_cost = 1e3 * seconds[library] / len(few)
    ours = scorer.score(few)[:, 0]
    reference = np.array([theirs(each) for each in few])
    difference = np.max(np.abs(ours - reference) / reference)
    ratio = library_cost / cost[USUAL_BATCH]
    row += [f"{library} {library_cost:.2f}", f"{ratio:.1f}", f"{difference:.1e}"]
    return row, cost[USUAL_BATCH], library_cost


def print_times(seconds: int, console: Console) -> None:
    """Print a table of times for sounds of a length, and the shares of the default set."""
    audio = sounds(max(BATCHES) + 1, seconds)
    table = Table(title=f"Milliseconds per candidate, {seconds} s at {SR} Hz, one thread")
    table.add_column("objective")
    for batch in BATCHES:
        table.add_column(f"batch {batch}", justify="right")
    heading = f"times faster (batch {USUAL_BATCH})"
    for each in ("library", heading, "largest relative difference"):
        table.add_column(each, justify="right")
    alone, library = {}, {}
    for name in OBJECTIVES:
        row, alone[name], library[name] = measure(name, [name], audio)
        table.add_row(*row)
    usual = list(OBJECTIVE_SETS["default"])
    row, together, _ = measure("default set", usual, audio)
    table.add_row(*row)
    table.add_row(*measure("all", list(OBJECTIVES), audio)[0])
    console.print(table)
    whole = sum(alone[name] for name in usual)
    shares = ", ".join(f"{name} {100 * alone[name] / whole:.0f} %" for name in usual)
    libraries = sum(library[name] for name in usual)
    console.print(
        f"Default set, batch {USUAL_BATCH}: {together:.2f} ms; {shares} of the sum of each alone, "
        f"{whole:.2f} ms; the libraries take {libraries:.2f} ms, {libraries / together:.1f} times "
        "as long."
    )


def memory() -> tuple[float, float]:
    """Measure by how many MiB this process grows while it scores sounds of 1 s; on Linux.

    Returns:
        Growth by the first candidate, including the target and compiled code; and growth by a
        large batch after that, without its samples.
    """
    torch.set_num_threads(1)
    audio = sounds(LARGE_BATCH + 1, 1)
    objectives = [OBJECTIVES[name]() for name in OBJECTIVE_SETS["default"]]

    def growth(call: Callable[[], object]) -> float:
        Path("/proc/self/clear_refs").write_text("5")  # forget earlier peaks
        before = _mebibytes("VmRSS")
        call()
        return _mebibytes("VmHWM") - before

    first = growth(lambda: ObjectiveSet(objectives, Target(audio[0], SR)).score(audio[1:2]))
    scorer = ObjectiveSet(objectives, Target(audio[0], SR))
    scorer.score(audio[1:2])
    return first, growth(lambda: scorer.score(audio[1:]))


def _mebibytes(name: str) -> float:
    """Return a figure of this process's memory, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 2**10


class CountedSpectra(Spectra):
    """Spectra that count their transforms and mel spectrograms."""

    def __init__(self, audio: torch.Tensor, sr: int) -> None:
        super().__init__(audio, sr)
        self.n_transforms = 0
        self.mel_configs: set[MelConfig] = set()

    def spectrum(self, config: STFTConfig) -> torch.Tensor:
        """Count and return a spectrum."""
        self.n_transforms += 1
        return super().spectrum(config)

    def mel_power(self, config: MelConfig) -> torch.Tensor:
        """Count and return a mel spectrogram; `Spectra` computes each once."""
        self.mel_configs.add(config)
        return super().mel_power(config)


def front_end() -> str:
    """Return a sentence on the transforms that all objectives share."""
    audio = torch.from_numpy(sounds(2, 1))
    target, candidate = Target(audio[0], SR), audio[1:]
    shared, counts = CountedSpectra(candidate, SR), []
    with torch.no_grad():
        for objective in (make() for make in OBJECTIVES.values()):
            alone, prepared = CountedSpectra(candidate, SR), objective.prepare(target)
            for spectra in (alone, shared):
                prepared(spectra)
            counts.append((alone.n_transforms, len(alone.mel_configs)))
    transforms, mels = np.sum(counts, axis=0)
    return (
        f"All {len(OBJECTIVES)} objectives of a candidate together: {shared.n_transforms} "
        f"short-time transforms and {len(shared.mel_configs)} mel spectrograms; one by one: "
        f"{transforms} and {mels}."
    )


def main() -> None:
    """Print a table for each length, then memory and shared transforms."""
    torch.set_num_threads(1)
    console = Console(width=120)
    for seconds in SECONDS:
        print_times(seconds, console)
    protect_new_processes()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as fresh:
        first, batch = fresh.submit(memory).result()
    console.print(
        f"Memory of the default set for sounds of 1 s: {first:.0f} MiB for the first candidate and "
        f"{batch:.0f} MiB more for a batch of {LARGE_BATCH}."
    )
    console.print(front_end())


if __name__ == "__main__":
    main()
