"""How often a distance puts a plain change of a sound farther than one that is hardly heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.experiments.trust.hearing.changes import Change
from patchwright.experiments.trust.hearing.notes import Notes
from patchwright.objectives import Objective, ObjectiveError, ObjectiveSet, Target
from patchwright.synths import Note, Performance, Synth
from patchwright.synths.parameters import Array

RANDOM = 50
"""Random presets whose median distance is the unit of each distance in a set."""

RESOLUTION = 1e-6
"""Difference between distances below which they tie, in their units."""

_HELD = 0.75  # share of a random preset's length for which its key is held
_SAMPLES = 2_000  # of the bootstrap
_INTERVAL = (2.5, 97.5)  # percentiles


@dataclass(frozen=True, eq=False)
class Hearing:
    """Distances of `k` changes of `n` sounds, by `m` distances.

    Attributes:
        sounds: Names of the sounds, `n`.
        changes: Changes, `k`.
        names: Names of the distances, `m`.
        distances: Distances of the changed sounds from the unchanged one, `[n, k, m]`; NaN where
            a change or a distance does not apply to a sound.
        units: Median distances of random presets, `[n, m]`; NaN for what was not measured.
        complaints: Reason why a distance could not be measured the last time, by its name.
    """

    sounds: tuple[str, ...]
    changes: tuple[Change, ...]
    names: tuple[str, ...]
    distances: Array
    units: Array
    complaints: dict[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the plain changes, in order."""
        return tuple(dict.fromkeys(change.kind for change in self.changes if change.plain))

    def column(self, weights: Mapping[str, float]) -> Array:
        """Combine distances as a search does: the weighted mean in units of random presets.

        Args:
            weights: Weights by name of the distance; one name for a single distance.

        Returns:
            Distances `[n, k]`.
        """
        columns = [self.names.index(name) for name in weights]
        scaled = self.distances[..., columns] / self.units[:, np.newaxis, columns]
        share = np.array([*weights.values()]) / sum(weights.values())
        return np.asarray(scaled @ share)


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of pairs in the right order, by one distance or set.

    A pair is a plain and a small change of the same sound. A tie is half right; distances that
    differ by less than a millionth of a random preset's tie, since rounding has no order. An
    interval is the middle 95 % of a bootstrap over the sounds.

    Attributes:
        kinds: Kinds of the plain changes, `k`.
        share: Share by kind, `[k]`, in which each plain change counts alike; NaN where nothing
            was measured.
        interval: Low and high end by kind, `[k, 2]`.
        overall: Mean over the kinds.
        overall_interval: Low and high end of that mean, `[2]`.
        clear: Share of the plain changes that are farther than every small one; mean over the
            kinds.
    """

    kinds: tuple[str, ...]
    share: Array
    interval: Array
    overall: float
    overall_interval: Array
    clear: float

    @property
    def worst(self) -> int:
        """Place of the kind with the lowest share."""
        return int(np.nanargmin(self.share))


def hear(
    notes: Notes,
    changes: Sequence[Change],
    objectives: Sequence[Objective],
    synth: Synth,
    *,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> Hearing:
    """Change sounds, and measure how far each change takes them.

    Args:
        notes: Sounds.
        changes: Changes to make of each.
        objectives: Distances to measure.
        synth: Synth whose random presets, playing the same notes, give the units of the distances.
        seed: Seed of the noise in changes, and of the presets.
        progress: Function called after each of the `n` sounds.

    Returns:
        The distances.

    Examples:
        ::

            notes = sample_notes(seconds=1.0, sr=44_100)
            hearing = hear(notes, declared_changes(), [MSS(), LSD()], SYNTHS["subtractive"]())
            print(shares(hearing, {"mss": 1.0}).overall)
    """
    torch.set_num_threads(1)
    distances = np.full((len(notes), len(changes), len(objectives)), np.nan)
    units = np.full((len(notes), len(objectives)), np.nan)
    complaints: dict[str, str] = {}
    for place, name in enumerate(notes.names):
        note = Notes((name,), notes.audio[[place]], notes.f0[[place]], notes.sr)
        changed = [
            change.apply(note, np.random.default_rng((seed, place, number)))[0]
            for number, change in enumerate(changes)
        ]
        for channels in (1, 2):
            # in two equal channels distances are those in one, so both kinds can be compared
            target = Target(np.repeat(note.audio, channels, axis=0).astype(np.float32), notes.sr)
            able, columns = _able(objectives, target, complaints)
            chosen = [k for k, audio in enumerate(changed) if len(audio) == channels]
            if not able or not chosen:
                continue
            scorer = ObjectiveSet(able, target)
            audio = np.stack([changed[k] for k in chosen]).astype(np.float32)
            distances[place, np.array(chosen)[:, np.newaxis], columns] = scorer.score(audio)
            if channels == 1:
                random = scorer.score(_random(synth, note, seed))
                units[place, columns] = _medians(random)
        progress()
    names = tuple(objective.name for objective in objectives)
    return Hearing(notes.names, tuple(changes), names, distances, units, complaints)


def shares(hearing: Hearing, weights: Mapping[str, float], *, seed: int = 0) -> Shares:
    """Compute the shares of pairs in the right order.

    Args:
        hearing: Distances of changed sounds.
        weights: Weights of the distances in a set, by name; one name for a single distance.
        seed: Seed of the bootstrap.
    """
    distances = hearing.column(weights)
    plain = np.array([change.plain for change in hearing.changes])
    kinds = np.array([change.kind for change in hearing.changes])[plain]
    farther = distances[:, plain, np.newaxis] - distances[:, np.newaxis, ~plain]
    right = np.where(np.abs(farther) < RESOLUTION, 0.5, farther > 0.0)
    # share of small changes that are nearer than each plain one, [n, plain ones]
    nearer = _means(right, np.isfinite(farther), axis=2)
    clear = np.where(np.isnan(nearer), np.nan, nearer == 1.0)
    sums, counts = (
        np.stack([each[:, kinds == kind].sum(axis=1) for kind in hearing.kinds], axis=1)
        for each in (np.nan_to_num(nearer), np.isfinite(nearer))
    )
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(distances), size=(_SAMPLES, len(distances)))
    share = _ratios(sums.sum(axis=0), counts.sum(axis=0))
    samples = _ratios(sums[drawn].sum(axis=1), counts[drawn].sum(axis=1))
    return Shares(
        hearing.kinds,
        share,
        np.array([_interval(column) for column in samples.T]),
        _mean(share),
        _interval(np.array([_mean(row) for row in samples])),
        _mean(np.array([_mean(clear[:, kinds == kind]) for kind in hearing.kinds])),
    )


def _means(values: Array, there: NDArray[np.bool_], *, axis: int) -> Array:
    """Average the values that are there; NaN without any."""
    return _ratios(np.where(there, values, 0.0).sum(axis=axis), there.sum(axis=axis))


def _mean(values: Array) -> float:
    """Average finite values; NaN without any."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _interval(values: Array) -> Array:
    """Return the ends of the interval of finite values, `[2]`; NaN without any."""
    known = values[np.isfinite(values)]
    return np.percentile(known, _INTERVAL) if len(known) else np.full(2, np.nan)


def _ratios(sums: Array, counts: NDArray[np.integer[Any]]) -> Array:
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _able(
    objectives: Sequence[Objective], target: Target, complaints: dict[str, str]
) -> tuple[list[Objective], list[int]]:
    """Return the objectives that can measure a target, and their places."""
    able, columns = [], []
    for place, objective in enumerate(objectives):
        try:
            objective.prepare(target)
        except ObjectiveError as error:
            complaints[objective.name] = str(error)
        else:
            able.append(objective)
            columns.append(place)
    return able, columns


def _random(synth: Synth, note: Notes, seed: int) -> Array:
    """Render random presets that play a note, `[RANDOM, 1, t]`."""
    f0 = note.f0[0] if np.isfinite(note.f0[0]) else 261.6
    key = int(np.clip(round(69 + 12 * np.log2(f0 / 440.0)), 0, 127))
    length = note.audio.shape[1] / note.sr
    played = Note(pitch=key, duration=_HELD * length)
    performance = Performance(notes=(played,), length=length, sr=note.sr)
    values = synth.space.sample(RANDOM, np.random.default_rng((seed, key)))
    return np.asarray(synth.render(values, performance).audio.mean(axis=1, keepdims=True))


def _medians(scores: Array) -> Array:
    """Return the median of each column of `[n, m]`, as a search calibrates."""
    scored = scores[np.isfinite(scores).all(axis=1)]
    return np.where((medians := np.median(scored, axis=0)) > 0.0, medians, 1.0)
