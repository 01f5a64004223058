"""Measure how alike two recordings of one preset are, and whether oscillators run freely."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat

from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.synth import HardwareSynth
from patchwright.synths.measurements import Measurements
from patchwright.synths.plugins.qualify import PERFORMANCE, RepeatedRenders
from patchwright.synths.rendering import Status

_SHIFT = 0.001  # seconds by which two recordings of a note may lie apart
_FREE = 0.01  # share of the energy by which waveforms differ if oscillators run freely
_NOISES = 4.0  # times the energy of the noise that such a difference has at least


@dataclass(frozen=True, kw_only=True)
class HardwareVerdict:
    """The repeatability of a hardware synth.

    Attributes:
        synth: Address of the synth.
        presets: Number of random presets that were recorded twice, with others in between.
        silent: Number of those that stayed silent.
        identical: Number of those with the same bits both times.
        free_running: Number of those whose waveforms differ by more than noise.
        clipped: Number of recordings that clipped.
        line: Latency, noise and level of a note, in words.
        seconds: Mean time of a recording.
        noise: Median and maximum distance between two recordings of a preset, by objective;
            measured by `patchwright.experiments.trust.hardware`.
    """

    synth: str
    presets: int
    silent: int
    identical: int
    free_running: int
    clipped: int
    line: str
    seconds: FiniteFloat
    noise: dict[str, tuple[FiniteFloat, FiniteFloat]] = field(default_factory=dict)


HARDWARE_VERDICTS = Measurements("qualified", HardwareVerdict)
"""Kept verdicts, beside those of plugins; see `verdict_path`."""


def verdict_path(synth: HardwareSynth, locks: Mapping[str, Any]) -> Path:
    """Return the path of the stored verdict on a synth, its line and locks."""
    kept = {"lock": locks.get("lock") or {}, "free": locks.get("free")}
    line = synth.line
    return HARDWARE_VERDICTS.path([synth.version, line.port, line.input, line.channels, kept])


def qualify_hardware(
    synth: HardwareSynth,
    locks: Mapping[str, Any],
    *,
    presets: int = 20,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[HardwareVerdict, RepeatedRenders]:
    """Record random presets twice.

    Args:
        synth: Synth to try.
        locks: Keyword arguments ``lock`` and ``free`` of `ParameterSpace.lock`.
        presets: Number of random presets, drawn within the locks.
        seed: Seed of the presets.
        progress: Called with the name of each step.

    Returns:
        The verdict, and the recordings.

    Raises:
        SynthError: If the line is dead, the locks are invalid, or all presets are silent.
    """
    subspace = synth.space.lock(locks.get("lock"), free=locks.get("free"))
    rows = subspace.decode(subspace.sample(presets, np.random.default_rng(seed)))
    check = synth.check(PERFORMANCE.sr)
    clipped = synth.clipped
    progress(f"{presets} presets, {synth.seconds(PERFORMANCE) * 2 * presets / 60:.1f} min")
    first = synth.record(rows, PERFORMANCE)
    progress("them again")
    second = synth.record(rows[::-1], PERFORMANCE)
    repeated = RepeatedRenders(first.audio, second.audio[::-1])
    silent = first.status == Status.silent
    if silent.all():
        raise SynthError(
            f"{presets} random presets of {synth.name} are silent, while its default preset is "
            "heard: lock the parameters that make it sound, such as its levels."
        )
    free = [
        _runs_freely(a, b, PERFORMANCE.sr, check.noise)
        for a, b, quiet in zip(repeated.first, repeated.second, silent, strict=True)
        if not quiet
    ]
    verdict = HardwareVerdict(
        synth=synth.name,
        presets=presets,
        silent=int(silent.sum()),
        identical=int(repeated.identical.sum()),
        free_running=sum(free),
        clipped=synth.clipped - clipped,
        line=check.in_words(),
        seconds=float(np.concatenate([first.seconds, second.seconds]).mean()),
    )
    return verdict, repeated


def _runs_freely(
    first: NDArray[np.float32], second: NDArray[np.float32], sr: int, noise: float
) -> bool:
    """Return whether two recordings `[c, t]` of a preset have other waveforms.

    They are compared at the best shift of up to a millisecond.
    """
    from scipy.signal import correlate  # here, because it is slow to import

    a, b = first.mean(axis=0, dtype=np.float64), second.mean(axis=0, dtype=np.float64)
    middle, reach = len(a) - 1, round(_SHIFT * sr)
    near = correlate(a, b, method="fft")[middle - reach : middle + reach + 1].max()
    difference = (a**2).sum() + (b**2).sum() - 2 * near
    loudest = max((a**2).sum(), (b**2).sum())
    return bool(difference > _FREE * loudest and difference > _NOISES * len(a) * noise**2)
