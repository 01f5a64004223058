"""Strands: a few alternatives that sound close to the target and differ from each other."""

import numpy as np

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studio.breeding import children
from patchwright.experiments.studio.open_run import OpenRun
from patchwright.experiments.studio.state import Scene, Strand
from patchwright.synths.parameters import Array

SHOWN = 8
"""Number of strands."""

_NEAREST = 48  # presets of the search that are compared by ear
_SLACK = 0.5  # share by which a strand may be farther than the best
_BRED = 24  # presets that are bred at a time
_CLOSEST = 16  # of these, the nearest to the target, of which those that differ are shown
_PARENT = 5  # comparisons that the parent counts as having won


def found(run: OpenRun) -> tuple[Strand, ...]:
    """Choose strands among the presets that the search rendered.

    Raises:
        ExperimentError: If there are none yet.
    """
    progress = run.progress
    if not len(progress.genotypes):
        raise ExperimentError("There is nothing to choose from yet: wait for the first renders.")
    close = progress.distances <= progress.distances[0] * (1 + _SLACK)
    close[:SHOWN] = True
    rows = np.flatnonzero(close)[:_NEAREST]
    values = run.setup.subspace.decode(progress.genotypes[rows])
    return _different(run, values, progress.distances[rows])


def bred(run: OpenRun, scene: Scene, parent: str) -> tuple[Strand, ...]:
    """Breed new strands from one, which stays, and from those that are liked, which stay too.

    Args:
        run: Run of the strands.
        scene: Strands before.
        parent: Preset to breed from.

    Raises:
        ExperimentError: If nothing that was bred can be rendered.
    """
    kept = [strand for strand in scene.strands if strand.liked or strand.key == parent]
    if parent not in [strand.key for strand in kept]:
        kept.insert(0, _strand(run, parent))
    families = dict.fromkeys([parent, *(strand.key for strand in kept)])
    values = _children(run, [*families], scene.bred)
    distances = run.distances(values)
    nearest = np.argsort(distances, kind="stable")[:_CLOSEST]
    nearest = nearest[np.isfinite(distances[nearest])]
    if not len(nearest):
        raise ExperimentError("None of the presets bred from it can be played: choose another.")
    fresh = _different(run, values[nearest], distances[nearest], beside=[s.key for s in kept])
    return (*kept, *fresh[: max(SHOWN - len(kept), 1)])


def replaced(run: OpenRun, scene: Scene, dropped: str) -> tuple[Strand, ...]:
    """Throw a strand out; one bred from those that are liked, or else from all others, follows."""
    others = [strand for strand in scene.strands if strand.key != dropped]
    liked = [strand.key for strand in others if strand.liked]
    parents = liked or [strand.key for strand in others]
    if not parents:
        return found(run)
    values = _children(run, parents, scene.bred)
    distances = run.distances(values)
    keys = {strand.key for strand in others} | {dropped}
    for row in np.argsort(distances, kind="stable"):
        key = run.add(values[row])
        if np.isfinite(distances[row]) and key not in keys:
            fresh = Strand(key=key, distance=float(distances[row]))
            place = [strand.key for strand in scene.strands].index(dropped)
            return (*others[:place], fresh, *others[place:])
    return tuple(others)


def _children(run: OpenRun, parents: list[str], bred_before: int) -> Array:
    """Breed presets `[n, P]`, mostly from the first of the parents."""
    subspace = run.setup.subspace
    genotypes = subspace.encode(np.stack([run.values(key) for key in parents]))
    wins = np.zeros(len(parents))
    wins[0] = _PARENT
    rng = np.random.default_rng((run.config.seed, 3, bred_before))
    return subspace.decode(children(genotypes, wins, subspace, _BRED, rng))


def _strand(run: OpenRun, key: str) -> Strand:
    return Strand(key=key, distance=float(run.distances(run.values(key)[np.newaxis])[0]))


def _different(
    run: OpenRun, values: Array, distances: Array, *, beside: list[str] | None = None
) -> tuple[Strand, ...]:
    """Choose the nearest, then always the one that sounds least like those chosen before.

    Args:
        run: Run of the presets.
        values: Presets `[n, P]`, the nearest first.
        distances: Their distances, `[n]`.
        beside: Presets that stay, from which the chosen ones differ too.
    """
    keys: list[str] = []
    rows: list[int] = []
    for row, preset in enumerate(values):
        key = run.add(preset)
        if key not in keys and key not in (beside or ()):
            keys.append(key)
            rows.append(row)
    if not keys:
        return ()
    sounds = run.portraits(keys)
    gap = np.full(len(keys), np.inf)
    if beside:
        for other in run.portraits(beside):
            gap = np.minimum(gap, np.abs(sounds - other).mean(axis=1))
    chosen: list[int] = []
    while len(chosen) < min(SHOWN, len(keys)):
        place = int(np.argmax(gap)) if chosen or beside else 0
        chosen.append(place)
        gap = np.minimum(gap, np.abs(sounds - sounds[place]).mean(axis=1))
        gap[chosen] = -1.0
    return tuple(Strand(key=keys[i], distance=float(distances[rows[i]])) for i in sorted(chosen))
