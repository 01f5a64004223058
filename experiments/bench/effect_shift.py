"""Recognition of effects that others have written: what it loses, and what more of them bring.

Run as ``python -m patchwright.experiments.bench.effect_shift DRY``, with a folder of dry sounds of
several instruments (see `patchwright.experiments.bench.dry_notes`) and Debian's calf-plugins and
guitarix-lv2. Two recognisers of single effects are trained on as many sounds: with pedalboard's
effects, and half with those of guitarix. Both are judged on instruments that took no part, by the
effects of pedalboard, guitarix and Calf, which neither has heard. AutoFX's accuracy falls from
.95 to .37 on effects of others (its README).
"""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from patchwright.experiments.recognition.dry_folder import read_dry_folder
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.surrogates.effects.examples import Draw, make_examples
from patchwright.surrogates.effects.labels import KINDS, LABELS, draw_settings
from patchwright.surrogates.effects.training import (
    RecogniserTraining,
    recogniser_scores,
    split_instruments,
    train_recogniser,
)
from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array

Settings = Mapping[str, tuple[float, float] | str | bool]
Table = Mapping[str, tuple[str, Settings]]
"""Effect and settings by kind: what is drawn between two numbers, and what is fixed."""

_MS: Settings = {
    "timing": "ms",
    "subdivide": (1, 1),
    "time_l": (1, 1),
    "time_r": (1, 1),
    "mix_mode": "Stereo",
    "medium": "Plain",
}

CALF: Table = {
    "feedback_delay": (
        "lv2:VintageDelay",
        {**_MS, "ms": (150, 600), "feedback": (0.3, 0.8), "wet": (0.3, 0.8)},
    ),
    "slapback_delay": (
        "lv2:VintageDelay",
        {**_MS, "ms": (60, 200), "feedback": (0.0, 0.0), "wet": (0.4, 1)},
    ),
    "reverb": ("lv2:Reverb", {"decay_time": (0.8, 4), "wet_amount": (0.3, 1)}),
    "chorus": (
        "lv2:MultiChorus",
        {"voices": (2, 4), "mod_depth": (2, 8), "mod_rate": (0.5, 5), "amount": (0.5, 1)},
    ),
    "flanger": (
        "lv2:Flanger",
        {
            "min_delay": (0.3, 2),
            "mod_depth": (1, 4),
            "mod_rate": (0.1, 2),
            "feedback": (0.5, 0.9),
            "amount": (0.5, 1),
        },
    ),
    "phaser": (
        "lv2:Phaser",
        {
            "center_freq": (500, 2000),
            "mod_depth": (2000, 8000),
            "mod_rate": (0.2, 5),
            "feedback": (0.2, 0.7),
            "amount": (0.7, 1),
        },
    ),
    "tremolo": (
        "lv2:Pulsator",
        {"frequency": (3, 12), "modulation": (0.4, 1), "offset_r": (0.0, 0.0)},
    ),
    "vibrato": (
        "lv2:MultiChorus",
        {
            "voices": (1, 1),
            "mod_depth": (1, 4),
            "mod_rate": (3, 8),
            "amount": (1.0, 1.0),
            "dry_amount": (0.0, 0.0),
        },
    ),
    "distortion": ("lv2:Saturator", {"saturation": (5, 10), "input_gain": (8, 32)}),
    "overdrive": ("lv2:Saturator", {"saturation": (1, 4), "input_gain": (0.7, 2)}),
}
"""Calf's effects."""

GUITARIX: Table = {
    "feedback_delay": (
        "lv2:gx_echo",
        {"l_time": (150, 600), "l_level": (30, 80), "link_l_r": (1, 1)},
    ),
    "slapback_delay": (
        "lv2:gx_delay",
        {"l_time": (60, 200), "l_level": (-8, 0), "link_l_r": (1, 1)},
    ),
    "reverb": ("lv2:gx_reverb", {"dry_wet": (30, 70), "roomsize": (0.3, 0.9)}),
    "chorus": (
        "lv2:gx_chorus",
        {"level": (0.4, 1), "delay": (0.008, 0.03), "depth": (0.02, 0.1), "freq": (0.5, 5)},
    ),
    "flanger": (
        "lv2:gx_flanger",
        {"freq": (0.1, 2), "feedback": (-0.9, -0.4), "depth": (0.3, 2), "width": (3, 8)},
    ),
    "phaser": ("lv2:gx_phaser", {"dry_wet": (35, 65), "speed": (0.2, 5)}),
    "tremolo": ("lv2:gx_tremolo", {"dry_wet": (100, 100), "freq": (3, 12), "depth": (0.5, 1)}),
    "vibrato": (
        "lv2:gxtubevibrato",
        {"sinewave": True, "speed": (3, 8), "depth": (0.3, 1), "drive": (0.0, 0.0)},
    ),
    "distortion": ("lv2:gx_muff", {"tone": (0.2, 0.8)}),
    "overdrive": ("lv2:gxts9", {"drive": (0.2, 0.8), "tone": (200, 900)}),
}
"""Effects of guitarix."""

OTHERS = {"guitarix": GUITARIX, "calf": CALF}


@cache
def _synth(chain: str) -> EffectSynth:
    """Return a synth, opened once: its plugins are slow to load."""
    return EffectSynth(chain)


def draw_from(table: Table, rng: np.random.Generator) -> tuple[EffectSynth | None, Array, Array]:
    """Draw one effect of a table, or none, each as often; see `draw_chain`."""
    names = [*table, None]
    name = names[int(rng.integers(len(names)))]
    labels = np.array([float(label == name) for label in LABELS])
    if name is None:
        return None, np.empty((1, 0)), labels
    effect, settings = table[name]
    synth = _synth(effect)
    start = f"{synth.chain.all_slots[0].name}_"
    fixed: dict[str, float | str | bool] = {}
    limit: dict[str, list[float]] = {}
    for key, value in settings.items():
        if not isinstance(value, tuple):
            fixed[start + key] = value
        elif value[0] == value[1]:
            fixed[start + key] = value[0]
        else:
            limit[start + key] = [*value]
    subspace = synth.space.lock(fixed, free=[*limit], limit=limit)
    return synth, subspace.decode(subspace.sample(1, rng)), labels


def draw_ours(rng: np.random.Generator) -> tuple[EffectSynth | None, Array, Array]:
    """Draw one of AutoFX's classes from pedalboard's effects; see `draw_chain`."""
    names = [name for name, kind in KINDS.items() if kind.family is not None]
    number = int(rng.integers(len(names) + 1))
    return draw_settings(tuple(names[number : number + 1]), rng)


def draw_both(rng: np.random.Generator) -> tuple[EffectSynth | None, Array, Array]:
    """Draw from pedalboard or from guitarix; see `draw_chain`."""
    return draw_ours(rng) if rng.random() < 0.5 else draw_from(GUITARIX, rng)


def main(
    dry: Annotated[Path, typer.Argument(help="Folder of dry sounds of several instruments.")],
    examples: Annotated[int, typer.Option(help="Sounds to learn from.")] = 8000,
    judged: Annotated[int, typer.Option(help="Sounds to judge by, of each library.")] = 1000,
) -> None:
    """Print accuracies over AutoFX's classes."""
    sounds = read_dry_folder(dry)
    _, _, names = split_instruments(list(sounds))
    unheard = [sound for name in names for sound in sounds[name]]
    libraries: dict[str, Draw] = {"pedalboard": draw_ours}
    libraries |= {name: partial(draw_from, table) for name, table in OTHERS.items()}
    tests = {
        name: make_examples(unheard, judged, seed=100, draw=draw)
        for name, draw in libraries.items()
    }
    rows = [["learned from", "classes", *tests]]
    training = RecogniserTraining(examples=examples)
    for title, draw in (("pedalboard", draw_ours), ("pedalboard and guitarix", draw_both)):
        recogniser = train_recogniser(sounds, training, device=torch.device("cpu"), draw=draw)
        scores = [recogniser_scores(recogniser, test) for test in tests.values()]
        for classes in (11, 6):
            found = [f"{each[f'accuracy_{classes}']:.2f}" for each in scores]
            rows.append([title, str(classes), *found])
    print(markdown_table(rows))


if __name__ == "__main__":
    typer.run(main)
