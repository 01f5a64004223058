"""The tables of the bench of other implementations."""

import numpy as np

from patchwright.experiments.bench.effect_shift import OTHERS, draw_ours
from patchwright.surrogates.effects.labels import KINDS, LABELS


def test_each_library_has_all_of_autofx_classes():
    classes = {name for name, kind in KINDS.items() if kind.family is not None}
    assert len(classes) == 10
    assert all({*table} == classes for table in OTHERS.values())


def test_single_effects_and_none_are_drawn():
    rng = np.random.default_rng(0)
    drawn = [draw_ours(rng) for _ in range(80)]
    labels = np.stack([labels for _, _, labels in drawn])
    assert {*labels.sum(axis=1)} == {0, 1}
    assert labels[:, LABELS.index("bitcrush")].sum() == 0
    assert labels.any(axis=0).sum() == 10
    assert all((synth is None) == (not any(row)) for (synth, _, row) in drawn)
