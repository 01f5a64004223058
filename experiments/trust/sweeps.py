"""Sweeps: sounds in a known order, in which one attribute of a preset rises."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.synths import Parameter, Performance, Status, Subspace, Synth, did_you_mean
from patchwright.synths.parameters import Array
from patchwright.synths.rendering import SILENCE
from patchwright.synths.yaml_file import read_yaml

Audio = NDArray[np.float32]

_DECLARED = Path(__file__).parent / "sweeps.yaml"
_MIN_VALUES = 4  # the reference, and at least three others to order
_QUIETEST = -20.0  # dB
_MIN_PEAK = 0.01  # -40 dB: 20 dB below is still far above the floors of the distances
_MAX_DRAWS = 20  # times the number of presets wanted


@dataclass(frozen=True, eq=False)
class Sweep:
    """Renders of one preset in which an attribute rises from step to step.

    Attributes:
        audio: Audio of the steps, `[s, c, t]`.
        status: Status of the renders, `[s]`.
    """

    audio: Audio
    status: NDArray[np.int8]

    @property
    def complete(self) -> bool:
        """Whether every step was rendered, including silent ones."""
        return bool(np.isin(self.status, (Status.ok, Status.silent)).all())

    @property
    def audible(self) -> bool:
        """Whether the difference between any step and the first is not silence."""
        return bool(np.abs(self.audio - self.audio[:1]).max() >= SILENCE)


class Attribute(Protocol):
    """An attribute that a sweep raises."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render a preset `[P]` in `steps` steps, or in all values of the attribute if fewer."""
        ...


@dataclass(frozen=True, kw_only=True)
class ParameterAttribute:
    """A parameter of the synth, in equal steps of its normalised value.

    Attributes:
        name: Name of the parameter.
        low: Normalised value of the first step.
        high: Normalised value of the last step.
    """

    name: str
    low: float
    high: float

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render the steps in one batch; see `Attribute.sweep`."""
        place = synth.space.index(self.name)
        wanted = np.linspace(self.low, self.high, steps)
        values = np.unique(synth.space.parameters[place].snap(wanted))
        rows = np.tile(preset, (len(values), 1))
        rows[:, place] = values
        renders = synth.render(rows, performance)
        return Sweep(renders.audio, renders.status)


@dataclass(frozen=True, kw_only=True)
class PitchAttribute:
    """The pitch of all notes, in semitones from an octave below."""

    name: str = "pitch"

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render each step with transposed notes; see `Attribute.sweep`."""
        renders = [
            synth.render(preset[np.newaxis], _transposed(performance, step - 12))
            for step in range(steps)
        ]
        return Sweep(
            np.concatenate([each.audio for each in renders]),
            np.concatenate([each.status for each in renders]),
        )


@dataclass(frozen=True, kw_only=True)
class LevelAttribute:
    """The gain of one render, from -20 to 0 dB."""

    name: str = "level"

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render once, and scale the audio; see `Attribute.sweep`."""
        renders = synth.render(preset[np.newaxis], performance)
        gains = 10 ** (np.linspace(_QUIETEST, 0.0, steps) / 20)
        audio = renders.audio * gains.astype(np.float32)[:, np.newaxis, np.newaxis]
        return Sweep(audio, np.repeat(renders.status, steps))


def choose_attributes(
    synth: Synth, subspace: Subspace, patterns: Sequence[str] = ()
) -> list[Attribute]:
    """Choose the attributes to sweep.

    Args:
        synth: Synth with the parameters.
        subspace: Free parameters. Categorical and boolean ones have no order and are left out, as
            are integers with few values.
        patterns: Glob patterns of parameters, ``pitch`` and ``level``. Without any, the parameters
            declared for the synth in `sweeps.yaml` (all continuous ones for an unknown synth),
            ``pitch`` and ``level``. The ranges in `sweeps.yaml` apply in either case.

    Returns:
        Attributes, in the order of the patterns or of the declaration.

    Raises:
        ExperimentError: If a pattern matches nothing; the message suggests the closest name.
        SynthError: If the declaration does not fit the synth.
    """
    declared: dict[str, list[object] | None] | None = read_yaml(_DECLARED).get(synth.name)
    spans = declared or {}
    free = [p for p in map(synth.space.__getitem__, subspace.names) if _ordered(p)]
    known: dict[str, Attribute] = {p.name: _parameter(p, spans.get(p.name)) for p in free}
    usual = [p.name for p in free if p.kind == "continuous"] if declared is None else [*declared]
    for always in (PitchAttribute(), LevelAttribute()):
        known.setdefault(always.name, always)  # a parameter of that name takes precedence
    chosen = [name for name in (*usual, "pitch", "level") if name in known]
    if patterns:
        chosen = [name for pattern in patterns for name in _matching(pattern, list(known))]
    return [known[name] for name in dict.fromkeys(chosen)]


def draw_presets(
    synth: Synth, subspace: Subspace, performance: Performance, *, n: int, seed: int
) -> Array:
    """Draw random audible presets, with a peak of at least -40 dB.

    Args:
        synth: Synth that renders.
        subspace: Free parameters, drawn from their priors.
        performance: Notes that are played.
        n: Number of presets.
        seed: Seed of the draw.

    Returns:
        Values of the presets, `[n, P]`.

    Raises:
        ExperimentError: If nearly all presets are too soft or fail.
    """
    rng = np.random.default_rng(seed)
    heard = np.empty((0, len(synth.space)))
    for _ in range(_MAX_DRAWS):
        rows = subspace.decode(subspace.sample(n, rng))
        renders = synth.render(rows, performance)
        loud = np.abs(renders.audio).max(axis=(1, 2)) >= _MIN_PEAK
        heard = np.concatenate([heard, rows[(renders.status == Status.ok) & loud]])
        if len(heard) >= n:
            return heard[:n]
    raise ExperimentError(
        f"Only {len(heard)} of {n * _MAX_DRAWS} random presets of {synth.name} are audible: "
        "lock the parameters that silence it."
    )


def _ordered(parameter: Parameter) -> bool:
    if parameter.kind == "integer":
        return parameter.levels >= _MIN_VALUES
    return parameter.kind == "continuous"


def _parameter(parameter: Parameter, span: Sequence[object] | None) -> ParameterAttribute:
    low, high = (0.0, 1.0) if span is None else map(parameter.normalise, span)
    return ParameterAttribute(name=parameter.name, low=low, high=high)


def _matching(pattern: str, names: list[str]) -> list[str]:
    found = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise ExperimentError(
            f"{pattern!r} matches no attribute to sweep: {did_you_mean(pattern, names)}"
        )
    return found


def _transposed(performance: Performance, semitones: int) -> Performance:
    notes = tuple(replace(note, pitch=note.pitch + semitones) for note in performance.notes)
    return replace(performance, notes=notes)
