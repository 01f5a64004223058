"""`patchwright synth qualify midi:PORT`: the line, its noise floor, and whether renders repeat."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.table import Table

from patchwright.experiments.terminal.console import Console, print_whole
from patchwright.experiments.trust.qualification import noise_of
from patchwright.objectives import OBJECTIVES
from patchwright.synths.hardware.qualify import (
    HARDWARE_VERDICTS,
    HardwareVerdict,
    qualify_hardware,
    verdict_path,
)
from patchwright.synths.hardware.synth import HardwareSynth


def qualify_line(
    synth: HardwareSynth,
    locks: Mapping[str, Any],
    *,
    presets: int,
    again: bool,
    console: Console,
) -> HardwareVerdict:
    """Measure how a hardware synth repeats, or read the last verdict.

    Args:
        synth: Open synth.
        locks: Keyword arguments of `ParameterSpace.lock`.
        presets: Number of random presets to record twice.
        again: Whether to ignore the last verdict.
        console: Console for progress.

    Returns:
        The verdict, stored for the next call and for runs with the same locks.

    Raises:
        SynthError: If the line is dead, or the locks are wrong.
    """
    path = verdict_path(synth, locks)
    known = None if again else HARDWARE_VERDICTS.read(path)
    if known is not None:
        return known
    with console.status("checking the line") as status:
        verdict, repeated = qualify_hardware(
            synth,
            locks,
            presets=presets,
            progress=lambda what: status.update(f"recording {what}"),
        )
        verdict = replace(verdict, noise=noise_of(repeated))
    HARDWARE_VERDICTS.write(path, verdict)
    return verdict


def print_line(verdict: HardwareVerdict, console: Console) -> None:
    """Print a verdict as a table and sentences."""
    floor = Table("noise floor", "median", "maximum")
    for name in OBJECTIVES:
        found = verdict.noise.get(name)
        floor.add_row(name, *("–" if found is None else f"{each:.4g}" for each in found or (0, 0)))
    print_whole(floor, console)
    heard = verdict.presets - verdict.silent
    console.print(f"{verdict.synth}: {verdict.line}; {verdict.seconds:.1f} s a recording.")
    console.print(
        f"{verdict.presets} random presets were recorded twice: {verdict.silent} are silent, "
        f"{verdict.identical} have the same bits both times, {verdict.clipped} recordings clip."
    )
    if verdict.free_running:
        console.print(
            f"Oscillators run freely in {verdict.free_running} of {heard}: two notes of a preset "
            "have other waveforms, so distances below the noise floor mean nothing."
        )
    else:
        console.print("Waveforms repeat but for noise: no oscillator runs freely.")
