"""The kinds of effects that are recognised, and the settings at which each is plainly heard.

Ten of them, and the dry sound, are the eleven classes of AutoFX (D'Hooge; repository
SonyCSLParis/AutoFX), which are those of the corpus IDMT-SMT-Audio-Effects; `FAMILIES` are its six.
Kinds of one effect, such as chorus, flanger and vibrato, differ in their settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array

_Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """One kind of effect.

    Attributes:
        effect: Name of the effect in chains.
        family: One of the six classes of AutoFX; None for what that lacks.
        limits: Lowest and highest value, in real units, of its parameters.
    """

    effect: str
    family: str | None
    limits: Mapping[str, _Range]


KINDS: Mapping[str, Kind] = {
    "feedback_delay": Kind(
        "delay", "delay", {"time": (0.15, 0.6), "feedback": (0.3, 0.8), "mix": (0.25, 0.6)}
    ),
    "slapback_delay": Kind(
        "delay", "delay", {"time": (0.06, 0.2), "feedback": (0, 0), "mix": (0.3, 0.6)}
    ),
    "reverb": Kind(
        "reverb",
        "reverb",
        {"room_size": (0.2, 0.95), "wet_level": (0.2, 0.8), "dry_level": (0.3, 0.8)},
    ),
    "chorus": Kind(
        "chorus",
        "modulation",
        {
            "rate": (0.5, 5),
            "depth": (0.1, 0.5),
            "centre_delay": (7, 20),
            "feedback": (0, 0.1),
            "mix": (0.35, 0.65),
        },
    ),
    "flanger": Kind(
        "chorus",
        "modulation",
        {
            "rate": (0.1, 2),
            "depth": (0.05, 0.3),
            "centre_delay": (1, 4),
            "feedback": (0.5, 0.9),
            "mix": (0.35, 0.65),
        },
    ),
    "phaser": Kind(
        "phaser",
        "modulation",
        {
            "rate": (0.2, 5),
            "depth": (0.3, 1),
            "centre": (300, 3000),
            "feedback": (0.2, 0.7),
            "mix": (0.35, 0.65),
        },
    ),
    "tremolo": Kind("tremolo", "tremolo", {"rate": (3, 12), "depth": (0.4, 1)}),
    "vibrato": Kind(
        "chorus",
        "modulation",
        {
            "rate": (3, 8),
            "depth": (0.05, 0.3),
            "centre_delay": (5, 10),
            "feedback": (0, 0),
            "mix": (1, 1),
        },
    ),
    "distortion": Kind("distortion", "distortion", {"drive": (32, 50)}),
    "overdrive": Kind("distortion", "distortion", {"drive": (12, 22)}),
    "bitcrush": Kind("bitcrush", None, {"depth": (2, 6)}),
}
"""Kinds by name; drives are for a dry sound whose peak is at full scale."""

LABELS = tuple(KINDS)
"""Kinds that are recognised, in the order of a recogniser's outputs."""

DRY = "dry"
"""Class of a sound without effects."""

FAMILIES = ("modulation", "delay", "distortion", "reverb", "tremolo", DRY)
"""The six classes of AutoFX."""

COUNTS = (0.1, 0.5, 0.25, 0.15)
"""Probabilities of no, one, two and three effects in a random chain."""


def draw_chain(
    rng: np.random.Generator, counts: tuple[float, ...] = COUNTS
) -> tuple[EffectSynth | None, Array, Array]:
    """Draw a chain of different effects in any order, with settings that are heard.

    Args:
        rng: Source of randomness.
        counts: Probabilities of no effect, one, two and so on.

    Returns:
        The chain, or None for no effect; its preset `[1, P]`; and which of `LABELS` are in it,
        `[labels]`, 0 or 1.
    """
    count = int(rng.choice(len(counts), p=counts))
    drawn: list[str] = []
    for name in rng.permutation(np.array(LABELS)).tolist():
        if len(drawn) < count and all(KINDS[name].effect != KINDS[x].effect for x in drawn):
            drawn.append(name)
    return draw_settings(tuple(drawn), rng)


def draw_settings(
    names: tuple[str, ...], rng: np.random.Generator
) -> tuple[EffectSynth | None, Array, Array]:
    """Draw settings of given kinds; see `draw_chain`.

    Args:
        names: Kinds of different effects, in the order in which they play.
        rng: Source of randomness.
    """
    labels = np.array([float(label in names) for label in LABELS])
    if not names:
        return None, np.empty((1, 0)), labels
    synth = EffectSynth(" | ".join(KINDS[name].effect for name in names))
    limit = {
        f"{KINDS[name].effect}_{parameter}": [*span]
        for name in names
        for parameter, span in KINDS[name].limits.items()
    }
    fixed = {name: low for name, (low, high) in limit.items() if low == high}
    subspace = synth.space.lock(fixed, limit={k: v for k, v in limit.items() if k not in fixed})
    return synth, subspace.decode(subspace.sample(1, rng)), labels
