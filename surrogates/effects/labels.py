"""The effects that are recognised, and the settings at which each of them is plainly heard."""

from collections.abc import Mapping

import numpy as np

from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array

_Range = tuple[float, float]

AUDIBLE: Mapping[str, Mapping[str, _Range]] = {
    "distortion": {"drive": (15, 50)},
    "bitcrush": {"depth": (2, 6)},
    "chorus": {
        "rate": (0.3, 8),
        "depth": (0.15, 0.8),
        "centre_delay": (2, 20),
        "feedback": (0, 0.6),
        "mix": (0.3, 0.7),
    },
    "phaser": {
        "rate": (0.2, 8),
        "depth": (0.3, 1),
        "centre": (300, 3000),
        "feedback": (0, 0.7),
        "mix": (0.3, 0.7),
    },
    "delay": {"time": (0.06, 0.6), "feedback": (0, 0.7), "mix": (0.2, 0.6)},
    "reverb": {"room_size": (0.2, 0.95), "wet_level": (0.2, 0.8), "dry_level": (0.3, 0.8)},
}
"""Lowest and highest value, in real units, of parameters of the effects that are recognised."""

LABELS = tuple(AUDIBLE)
"""Effects that are recognised, in the order of a recogniser's outputs."""

_COUNTS = (0.15, 0.45, 0.25, 0.15)  # probability of no, one, two and three effects


def draw_chain(rng: np.random.Generator) -> tuple[EffectSynth | None, Array, Array]:
    """Draw a chain of up to three of the effects in any order, with settings that are heard.

    Args:
        rng: Source of randomness.

    Returns:
        The chain, or None for no effect; its preset `[1, P]`; and which of `LABELS` are in it,
        `[labels]`, 0 or 1.
    """
    count = int(rng.choice(len(_COUNTS), p=_COUNTS))
    return draw_order(tuple(rng.permutation(len(LABELS))[:count].tolist()), rng)


def draw_order(
    order: tuple[int, ...], rng: np.random.Generator
) -> tuple[EffectSynth | None, Array, Array]:
    """Draw settings of given effects; see `draw_chain`.

    Args:
        order: Positions in `LABELS` of the effects, in the order in which they play.
        rng: Source of randomness.
    """
    labels = np.zeros(len(LABELS))
    if not order:
        return None, np.empty((1, 0)), labels
    labels[list(order)] = 1
    names = [LABELS[place] for place in order]
    synth = EffectSynth(" | ".join(names))
    limit = {
        f"{name}_{parameter}": [*span]
        for name in names
        for parameter, span in AUDIBLE[name].items()
    }
    subspace = synth.space.lock(limit=limit)
    return synth, subspace.decode(subspace.sample(1, rng)), labels
