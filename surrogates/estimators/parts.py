"""Interchangeable parts of a synth: parameters that differ only in the number of their part."""

from __future__ import annotations

import re

from patchwright.surrogates.proxies.relaxed import RelaxedSpace


def interchangeable(space: RelaxedSpace) -> tuple[tuple[int, ...], ...]:
    """Find parts with the same parameters, such as `osc1_*`, `osc2_*`, by the names alone.

    Whether they can really be swapped without a change of the sound is for the user to know.

    Args:
        space: Columns of presets.

    Returns:
        Columns of each part, in the same order of parameters; nothing if there are not at least
        two parts with the same parameters of the same kinds.

    Examples:
        >>> import numpy as np
        >>> names = ("osc1_pitch", "osc1_wave", "osc2_pitch", "osc2_wave", "gain")
        >>> interchangeable(RelaxedSpace(names, np.array([0, 2, 0, 2, 0])))
        ((0, 1, 2), (3, 4, 5))
    """
    found: dict[str, dict[str, int]] = {}
    for place, name in enumerate(space.names):
        match = re.match(r"(.*?\d+)(.*)", name)
        if match is not None:
            found.setdefault(match[1], {})[match[2]] = place
    groups: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    for part, members in found.items():
        order = sorted(members, key=members.__getitem__)
        kind = (re.sub(r"\d+", "", part), *((key, space.widths[members[key]]) for key in order))
        columns = space.columns([members[key] for key in order])
        groups.setdefault(kind, []).append(tuple(columns.tolist()))
    largest = max(groups.values(), key=lambda parts: len(parts) * len(parts[0]), default=[])
    return tuple(largest) if len(largest) > 1 else ()
