"""Sounds in a known order: one attribute of a preset is swept, all else stays as it is."""

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
_LEAST_VALUES = 4  # the first is measured from, and fewer than three others hardly have an order
_QUIETEST = -20.0  # dB
_LEAST_PEAK = 0.01  # -40 dB: level 20 dB below is still far above the floors of the distances
_TRIES = 20  # times as many random presets are tried as are wanted


@dataclass(frozen=True, eq=False)
class Sweep:
    """The renders of one preset, an attribute rising from step to step.

    Attributes:
        audio: `[s, c, t]`.
        status: How each render went, `[s]`.
    """

    audio: Audio
    status: NDArray[np.int8]

    @property
    def complete(self) -> bool:
        """Whether every step was rendered, silent ones among them."""
        return bool(np.isin(self.status, (Status.ok, Status.silent)).all())

    @property
    def audible(self) -> bool:
        """Whether the difference of any step from the first, as a sound, is not silence."""
        return bool(np.abs(self.audio - self.audio[:1]).max() >= SILENCE)


class Attribute(Protocol):
    """What a sweep raises."""

    @property
    def name(self) -> str:
        """In tables."""
        ...

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render a preset `[P]` in so many steps, or in as many as the attribute has values."""
        ...


@dataclass(frozen=True, kw_only=True)
class ParameterAttribute:
    """One parameter of the synth, in equal steps of its normalised value.

    Attributes:
        name: Of the parameter.
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
    """All keys, from an octave below up, a semitone a step."""

    name: str = "pitch"

    def sweep(self, synth: Synth, preset: Array, performance: Performance, steps: int) -> Sweep:
        """Render each step with notes of its own; see `Attribute.sweep`."""
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
        """Render once, and make it softer; see `Attribute.sweep`."""
        renders = synth.render(preset[np.newaxis], performance)
        gains = 10 ** (np.linspace(_QUIETEST, 0.0, steps) / 20)
        audio = renders.audio * gains.astype(np.float32)[:, np.newaxis, np.newaxis]
        return Sweep(audio, np.repeat(renders.status, steps))


def choose_attributes(
    synth: Synth, subspace: Subspace, patterns: Sequence[str] = ()
) -> list[Attribute]:
    """Choose what to sweep.

    Args:
        synth: Whose parameters.
        subspace: Of those that are free. Categories and switches have no order, and are left out,
            as are whole numbers with few values.
        patterns: Glob patterns of parameters, ``pitch`` and ``level``. Without any: the
            parameters that `sweeps.yaml` declares for the synth, or all continuous ones
            if it does not know the synth; then the two. Its ranges hold in either case.

    Returns:
        The attributes, in the order of the patterns or of the declaration.

    Raises:
        ExperimentError: If a pattern matches nothing; the message names the nearest.
        SynthError: If the declaration does not fit the synth.
    """
    declared: dict[str, list[object] | None] | None = read_yaml(_DECLARED).get(synth.name)
    spans = declared or {}
    free = [p for p in map(synth.space.__getitem__, subspace.names) if _ordered(p)]
    known: dict[str, Attribute] = {p.name: _parameter(p, spans.get(p.name)) for p in free}
    usual = [p.name for p in free if p.kind == "continuous"] if declared is None else [*declared]
    for always in (PitchAttribute(), LevelAttribute()):
        known.setdefault(always.name, always)  # a parameter of that name hides it
    chosen = [name for name in (*usual, "pitch", "level") if name in known]
    if patterns:
        chosen = [name for pattern in patterns for name in _matching(pattern, list(known))]
    return [known[name] for name in dict.fromkeys(chosen)]


def draw_presets(
    synth: Synth, subspace: Subspace, performance: Performance, *, n: int, seed: int
) -> Array:
    """Draw random presets that are heard: with a peak of -40 dB or more.

    Args:
        synth: Renders them.
        subspace: Of the free parameters, which are drawn from their priors.
        performance: What they play.
        n: How many.
        seed: Of the draw.

    Returns:
        Values `[n, P]`.

    Raises:
        ExperimentError: If nearly all are too soft or fail.
    """
    rng = np.random.default_rng(seed)
    heard = np.empty((0, len(synth.space)))
    for _ in range(_TRIES):
        rows = subspace.decode(subspace.sample(n, rng))
        renders = synth.render(rows, performance)
        loud = np.abs(renders.audio).max(axis=(1, 2)) >= _LEAST_PEAK
        heard = np.concatenate([heard, rows[(renders.status == Status.ok) & loud]])
        if len(heard) >= n:
            return heard[:n]
    raise ExperimentError(
        f"Of {n * _TRIES} random presets of {synth.name} {len(heard)} were heard: "
        "lock the parameters that silence it."
    )


def _ordered(parameter: Parameter) -> bool:
    if parameter.kind == "integer":
        return parameter.levels >= _LEAST_VALUES
    return parameter.kind == "continuous"


def _parameter(parameter: Parameter, span: Sequence[object] | None) -> ParameterAttribute:
    low, high = (0.0, 1.0) if span is None else map(parameter.normalise, span)
    return ParameterAttribute(name=parameter.name, low=low, high=high)


def _matching(pattern: str, names: list[str]) -> list[str]:
    found = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise ExperimentError(
            f"{pattern!r} matches nothing that can be swept: {did_you_mean(pattern, names)}"
        )
    return found


def _transposed(performance: Performance, semitones: int) -> Performance:
    notes = tuple(replace(note, pitch=note.pitch + semitones) for note in performance.notes)
    return replace(performance, notes=notes)
