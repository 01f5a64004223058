"""Whether a plugin's programs sound the same by their parameters alone."""

from collections.abc import Callable, Sequence

import numpy as np
from rich.table import Column, Table
from rich.text import Text

from patchwright.experiments.trust.exploration import HEARD
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.synths import Performance, Preset, Status
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.pool import RenderPool

_BATCH = 32  # programs whose sounds are in memory at once


def unlike(
    pool: RenderPool,
    programs: Sequence[Preset],
    performance: Performance,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Array:
    """Measure how far programs are from their parameters alone.

    Each program is played twice: as the plugin has it, and with its parameters set from outside.
    They differ if it holds more than parameters, such as a wavetable.

    Args:
        pool: Plugin.
        programs: All of its programs, `n` of them, in its order.
        performance: Notes that are played.
        progress: Called with the number of programs that are done, and of all.

    Returns:
        Distances by `mrstft` in units of the median distance between neighbouring programs, `[n]`:
        0 for the same bits, NaN if one of the renders failed.
    """
    own, between = np.full(len(programs), np.nan), np.full(len(programs), np.nan)
    for first in range(0, len(programs), _BATCH):
        numbers = range(first, min(first + _BATCH, len(programs)))
        whole = pool.render_programs(numbers, performance)
        alone = pool.render(np.array([programs[i].values for i in numbers]), performance)
        fine = np.isin([whole.status, alone.status], (Status.ok, Status.silent))
        usable = np.logical_and.reduce(fine)
        for place, number in enumerate(numbers):
            if not usable[place]:
                continue
            neighbour = (place + 1) % len(numbers)
            sounds = np.stack([alone.audio[place], whole.audio[neighbour]])
            target = Target(whole.audio[place], performance.sr)
            distances = ObjectiveSet([OBJECTIVES["mrstft"]()], target).score(sounds)[:, 0]
            same = np.array_equal(alone.audio[place], whole.audio[place])
            own[number] = 0.0 if same else distances[0]
            between[number] = distances[1]
        progress(numbers[-1] + 1, len(programs))
    known = between[np.isfinite(between) & (between > 0.0)]
    unit = float(np.median(known)) if len(known) else 1.0
    result: Array = own / unit
    return result


def differing(distances: Array) -> int:
    """Return how many programs are audibly unlike their parameters alone, or failed."""
    return int((~(distances <= HEARD)).sum())


def programs_table(programs: Sequence[Preset], distances: Array | None = None) -> Table:
    """Return a table of programs, with their distances from `unlike` if given."""
    table = Table(Column("number", justify="right"), Column("program", no_wrap=True))
    if distances is not None:
        table.add_column("its parameters alone", no_wrap=True)
    for place, preset in enumerate(programs):
        told = [] if distances is None else [_told(float(distances[place]))]
        table.add_row(str(place + 1), Text(preset.name), *told)
    return table


def _told(distance: float) -> str:
    if distance == 0.0:
        return "the same bits"
    if distance <= HEARD:
        return "the same sound"
    return f"{distance:.2g} away" if np.isfinite(distance) else "failed"
