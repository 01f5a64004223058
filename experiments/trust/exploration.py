"""Which parameters of a synth matter: elementary effects on the sound, measured around many states.

The elementary effects of Morris, "Factorial Sampling Plans for Preliminary Computational
Experiments", Technometrics 33 (1991), in the radial design of Campolongo, Saltelli & Cariboni,
"From screening to quantitative sensitivity analysis", Computer Physics Communications 182 (2011):
from each state, one parameter at a time is changed, and the effect is the distance between both
sounds.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import yaml
from pydantic import FiniteFloat
from rich.table import Column, Table
from rich.text import Text

from patchwright.experiments.errors import ExperimentError
from patchwright.objectives import Objective, ObjectiveSet, Target
from patchwright.synths import Parameter, Performance, Status, Synth
from patchwright.synths.measurements import Measurements
from patchwright.synths.parameters import Array

STATES = 12
HEARD = 1e-3
"""Least audible effect, as a share of the distance between two sounds of a synth."""

_MANY = 256  # parameters above which those that were not heard in some states are left out
_SCREENING = 4  # the number of these states
_STEP = 0.3  # change of a continuous parameter, as a share of its range
_MIN_PEAK = 0.01
_MAX_DRAWS = 20  # random presets per state before a synth counts as silent
_MAX_GROUP = 8  # members
_MEMBER = 0.1  # least effect of a member that is chosen with its group, as a share of the largest
# what a match must not move: pitch, output level, and settings of the plugin rather than the sound
_SETTINGS = re.compile(
    r"(?:^|_)(?:bypass|mpe|midi\w*|program|bank|preset|quality|oversampl\w*|polyphony|voices|max_voices"
    r"|bend_range|pitch_?bend\w*|panic|tuning|transpose|a4|scala)(?:_|$)"
    r"|^(?:master|main|output|out|global)(?:_(?:vol|volume|level|gain|tune|pitch|tuning|transpose))?$"
    r"|^(?:volume|gain)$|(?:^|_)(?:channel|key(?:board)?_(?:low|high))$"
)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The effect of one parameter on the sound.

    Attributes:
        name: Name of the parameter.
        group: Parameters that belong together have the same group.
        mean: Mean distance that a change of the parameter makes, over all states (Morris's mu*);
            in units of the median distance between two states.
        spread: Standard deviation of that distance over the states (Morris's sigma): large for
            parameters whose effect depends on others.
        heard: Share of the states in which the change is heard; 0 for a dead parameter.
    """

    name: str
    group: str
    mean: FiniteFloat
    spread: FiniteFloat
    heard: FiniteFloat


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """The effects of all parameters of a synth.

    Attributes:
        synth: Name of the synth.
        states: Number of states.
        renders: Number of renders.
        effects: Effects of the parameters that a match may move, largest first.
        settings: Parameters that are kept, because they are pitch, output level or settings.
    """

    synth: str
    states: int
    renders: int
    effects: tuple[Effect, ...]
    settings: tuple[str, ...]

    def choose(self, n: int) -> list[str]:
        """Choose the `n` parameters that matter most, with their whole groups where they fit.

        Members of a group with less than a tenth of its largest effect stay out, and dead
        parameters are never chosen, so there may be fewer.

        Examples:
            >>> effects = [Effect(name=name, group=group, mean=mean, spread=0.0, heard=1.0)
            ...            for name, group, mean in [("cutoff", "f", 3), ("wave", "o", 2),
            ...                                      ("tune", "t", 1.5), ("resonance", "f", 1)]]
            >>> synth = Exploration(synth="s", states=1, renders=5, effects=tuple(effects),
            ...                     settings=())
            >>> synth.choose(3)
            ['cutoff', 'resonance', 'wave']
        """
        alive = [effect for effect in self.effects if effect.heard > 0.0]
        chosen: dict[str, None] = {}
        for effect in alive:
            if effect.name in chosen:
                continue
            missing = [
                each.name
                for each in alive
                if each.group == effect.group
                and each.name not in chosen
                and each.mean >= _MEMBER * effect.mean
            ]
            fits = len(chosen) + len(missing) <= n
            chosen |= dict.fromkeys(missing if fits else [effect.name])
            if len(chosen) >= n:
                break
        return list(chosen)


EXPLORATIONS = Measurements("explored", Exploration)
"""Kept explorations."""


def is_setting(name: str) -> bool:
    """Return whether a parameter is pitch, output level or a setting, by its name.

    Examples:
        >>> is_setting("master_tune"), is_setting("def1_channel"), is_setting("key_follow")
        (True, True, False)
    """
    return _SETTINGS.search(name) is not None


def explore(
    synth: Synth,
    performance: Performance,
    objectives: Sequence[Objective],
    *,
    states: int = STATES,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exploration:
    """Measure what each parameter of a synth does to the sound.

    The states are the defaults, presets in which a random half of the parameters is redrawn from
    its priors, and random presets; only audible ones. Of more than 256 parameters, those that were
    not heard in four states are left out of the others.

    Args:
        synth: Synth to explore.
        performance: Notes that are played.
        objectives: Distances that measure the effects, all with the same weight.
        states: Number of states.
        seed: Seed of every random choice.
        progress: Called with the number of states that are done, and of all.

    Returns:
        The effects.

    Raises:
        ExperimentError: If hardly a preset is audible.
    """
    rng = np.random.default_rng(seed)
    parameters = synth.space.parameters
    moved = np.array([not is_setting(each.name) for each in parameters])
    alive = np.flatnonzero(moved)
    bases, renders = _states(synth, performance, moved, states, rng)
    unit = _unit(bases, performance.sr, objectives)
    effects = np.full((len(bases), len(parameters)), np.nan)
    for number, (values, audio) in enumerate(bases):
        if number == _SCREENING and len(alive) > _MANY:
            alive = alive[(effects[:number, alive] > HEARD).any(axis=0)]
        rows = np.tile(values, (1 + len(alive), 1))  # the state itself again: its noise
        for row, place in zip(rows[1:], alive, strict=True):
            row[place] = _changed(parameters[place], row[place], rng)
        distances = _distances(synth, rows, audio, performance, objectives) / unit
        noise, *found = distances.mean(axis=1)
        effects[number, alive] = np.where(np.array(found) > 2.0 * noise, found, 0.0)
        renders += len(rows)
        progress(number + 1, len(bases))
    groups = _groups([each.name for each in parameters])
    measured = [
        _effect(parameters[i].name, groups[i], effects[:, i]) for i in np.flatnonzero(moved)
    ]
    return Exploration(
        synth=synth.name,
        states=len(bases),
        renders=renders,
        effects=tuple(sorted(measured, key=lambda effect: (-effect.mean, effect.name))),
        settings=tuple(each.name for each, free in zip(parameters, moved, strict=True) if not free),
    )


def lock_text(exploration: Exploration, n: int) -> str:
    """Return the text of a lock file that frees the `n` parameters that matter most."""
    free = exploration.choose(n)
    head = (
        f"# {exploration.synth}: the {len(free)} parameters that matter most of "
        f"{len(exploration.effects) + len(exploration.settings)},\n"
        f"# by elementary effects in {exploration.states} states ({exploration.renders} renders).\n"
        "# All others keep their defaults.\n"
    )
    return head + str(yaml.safe_dump({"free": free}, allow_unicode=True))


def effects_table(exploration: Exploration, most: int | None = None) -> Table:
    """Return a table of the effects, largest first; of the first `most` if given."""
    table = Table(Column("parameter", no_wrap=True), "group", "effect", "spread", "heard")
    for effect in exploration.effects[:most]:
        table.add_row(
            Text(effect.name),
            Text(effect.group),
            f"{effect.mean:.3f}",
            f"{effect.spread:.3f}",
            f"{effect.heard:.0%}",
        )
    return table


def _states(
    synth: Synth, performance: Performance, moved: Array, n: int, rng: np.random.Generator
) -> tuple[list[tuple[Array, Array]], int]:
    """Return values `[P]` and audio `[c, t]` of audible states, and the renders that it took."""
    defaults = synth.space.defaults
    count = 4 * n
    for _ in range(_MAX_DRAWS):
        drawn = np.where(moved, synth.space.sample(count, rng), defaults)
        half = rng.random(drawn.shape) < 0.5
        half[1::2] = True  # every second one is redrawn whole
        rows = np.concatenate([defaults[np.newaxis], np.where(half, drawn, defaults)])
        renders = synth.render(rows, performance)
        loud = np.abs(renders.audio).max(axis=(1, 2)) >= _MIN_PEAK
        heard = np.flatnonzero((renders.status == Status.ok) & loud)[:n]
        if len(heard) > 1:
            return [(rows[i], renders.audio[i]) for i in heard], len(rows)
    failed = np.isin(renders.status, [Status.ok, Status.silent], invert=True)
    if failed.mean() > 0.5:
        name = Status(renders.status[failed][0]).name.replace("_", " ")
        raise ExperimentError(
            f"{failed.mean():.0%} of the renders of {synth.name} fail ({name}): look for a way in "
            f"which it plays with 'patchwright synth qualify {synth.name}'."
        )
    raise ExperimentError(
        f"Hardly a random preset of {synth.name} is audible: start from one of its own presets, "
        "as with --state FILE."
    )


def _unit(bases: Sequence[tuple[Array, Array]], sr: int, objectives: Sequence[Objective]) -> Array:
    """Return the median distance between two states by each objective, `[m]`."""
    sounds = np.stack([audio for _, audio in bases])
    found = [
        ObjectiveSet(objectives, Target(sound, sr)).score(np.delete(sounds, i, axis=0))
        for i, sound in enumerate(sounds)
    ]
    median: Array = np.nanmedian(np.concatenate(found), axis=0)
    return np.where(median > 0.0, median, 1.0)


def _changed(parameter: Parameter, value: float, rng: np.random.Generator) -> float:
    """Return another normalised value of a parameter."""
    if parameter.kind == "continuous":
        ways = [way for way in (-_STEP, _STEP) if 0.0 <= value + way <= 1.0]
        return float(value + rng.choice(ways))
    levels = np.linspace(0.0, 1.0, parameter.levels)
    others = levels[np.abs(levels - value) > 1e-6]
    return float(rng.choice(others)) if len(others) else value


def _distances(
    synth: Synth,
    rows: Array,
    audio: Array,
    performance: Performance,
    objectives: Sequence[Objective],
) -> Array:
    """Return the distances `[n, m]` of changed presets from a state; NaN where a render failed."""
    renders = synth.render(rows, performance)
    distances = np.full((len(rows), len(objectives)), np.nan)
    usable = np.isin(renders.status, (Status.ok, Status.silent))
    same = np.array([np.array_equal(sound, audio) for sound in renders.audio], bool)
    changed = usable & ~same
    distances[usable & same] = 0.0
    if changed.any():
        scorer = ObjectiveSet(objectives, Target(audio, performance.sr))
        distances[changed] = scorer.score(renders.audio[changed])
    return distances


def _effect(name: str, group: str, effects: Array) -> Effect:
    """Summarise the effects of a parameter in all states, NaN where it was not measured."""
    known = effects[np.isfinite(effects)]
    known = known if len(known) else np.zeros(1)
    return Effect(
        name=name,
        group=group,
        mean=float(known.mean()),
        spread=float(known.std()),
        heard=float((known > HEARD).mean()),
    )


def _groups(names: Sequence[str]) -> list[str]:
    """Return the group of each parameter: the words that the names of a few begin with."""
    for_each = []
    counts = Counter(
        "_".join(words[:n])
        for words in (name.split("_") for name in names)
        for n in (1, 2, 3)
        if len(words) > n
    )
    for name in names:
        words = name.split("_")
        heads = ["_".join(words[:n]) for n in (1, 2, 3) if len(words) > n]
        for_each.append(next((h for h in heads if 1 < counts[h] <= _MAX_GROUP), name))
    return for_each
