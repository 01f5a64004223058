"""Examples of effects: chains drawn at random on dry sounds, and what is heard of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.surrogates.effects.features import SECONDS, SR, EffectFeatures, Heard
from patchwright.surrogates.effects.labels import draw_chain
from patchwright.surrogates.training.examples import Columns
from patchwright.synths import DrySound, Performance
from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array

Draw = Callable[[np.random.Generator], tuple[EffectSynth | None, Array, Array]]
"""Function that draws a chain, its preset and its labels; see `draw_chain`."""

_AT_ONCE = 64
_GAIN = (-6.0, 0.0)  # dB from full scale, before the effects: a distortion hears the level
_NOISE = (-90.0, -50.0)  # dB below the sound, on half of the examples


@dataclass(frozen=True, eq=False)
class Labelled(Columns):
    """Sounds and the effects on them.

    Attributes:
        features: Features, `[n, width]`.
        mel: Log-mel spectrograms, `[n, bands, frames]`.
        labels: Which effects are on each, 0 or 1, `[n, labels]`.
    """

    features: Tensor
    mel: Tensor
    labels: Tensor

    @property
    def heard(self) -> Heard:
        """What is heard of them."""
        return Heard(self.features, self.mel)


def make_examples(
    sounds: Sequence[NDArray[np.float32]],
    count: int,
    *,
    seed: int,
    draw: Draw = draw_chain,
    done: Callable[[int], None] = lambda count: None,
) -> Labelled:
    """Play dry sounds through random chains.

    Args:
        sounds: Mono dry sounds at `features.SR`, `[t]` each, which are brought to full scale.
        count: Number of examples.
        seed: Seed; example `i` depends on the seed and `i` alone.
        draw: Function that draws the chain of an example.
        done: Called with the number of examples that are made.

    Returns:
        The examples; equal arguments give equal bits.
    """
    hear = EffectFeatures()
    parts = []
    for first in range(0, count, _AT_ONCE):
        made = [_wet(sounds, seed, i, draw) for i in range(first, min(first + _AT_ONCE, count))]
        heard = hear(np.stack([wet for wet, _ in made]))
        labels = torch.tensor(np.stack([labels for _, labels in made]), dtype=torch.float32)
        parts.append(Labelled(heard.features, heard.mel.half(), labels))
        done(first + len(made))
    return Labelled.joined(parts)


def _wet(
    sounds: Sequence[NDArray[np.float32]], seed: int, number: int, draw: Draw
) -> tuple[NDArray[np.float32], Array]:
    """Return the mono sound `[t]` and the labels of one example."""
    rng = np.random.default_rng((seed, number))
    dry = sounds[int(rng.integers(len(sounds)))]
    gain = 10 ** (rng.uniform(*_GAIN) / 20) / max(float(np.abs(dry).max()), 1e-6)
    played = Performance(notes=(), length=SECONDS, sr=SR, dry=DrySound(gain * dry[np.newaxis]))
    synth, values, labels = draw(rng)
    if synth is None:
        assert played.dry is not None  # noqa: S101 - it was given
        wet = played.dry.played(played.samples)[0]
    else:
        wet = synth.render(values, played).audio[0].mean(axis=0)
    if rng.random() < 0.5:
        level = 10 ** (rng.uniform(*_NOISE) / 20) * np.sqrt(np.mean(wet**2))
        wet = wet + level * rng.standard_normal(len(wet))
    return wet.astype(np.float32), labels
