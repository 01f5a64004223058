"""What is rendered and measured of the presets of a block."""

import numpy as np
import pytest
import torch

from patchwright.objectives import Spectra
from patchwright.objectives.embeddings import EMBEDDINGS
from patchwright.surrogates.datasets import Gate, NoteSet
from patchwright.surrogates.datasets.block import BlockRenderer, RenderingStopped
from patchwright.surrogates.datasets.notes import performance_of
from patchwright.surrogates.datasets.recipe import BLOCK
from patchwright.synths import Status
from tests.surrogates.tiny import FEATURES, LENGTH, SR, TinySynth, card, recipe

SPACE = TinySynth.space


def block_of(made_of, number=0, synth=None):
    return BlockRenderer(made_of, card(made_of), synth or TinySynth())(number)


def test_rows_hold_what_the_presets_sound_like():
    notes = NoteSet(pitch=(48, 60, 72), duration=(0.05,), per_preset=2)
    options = {"audio": True, "embeddings": {"mel_stats": {}}, "gate": Gate(redraws=0)}
    made_of = recipe(presets=20, notes=notes, **options)
    table = block_of(made_of).table
    values, _ = made_of.draw(0)
    np.testing.assert_array_equal(
        SPACE.snap(table["values"].astype(np.float64)), np.repeat(values, 2, axis=0)
    )
    for row in range(40):
        performance = performance_of(table["notes"][row], length=LENGTH, sr=SR)
        audio = TinySynth().render(values[row // 2][None], performance).audio
        np.testing.assert_array_equal(table["audio"][row], audio[0].astype(np.float16))
        sound = torch.from_numpy(audio)
        expected = FEATURES(sound)[0].numpy()
        np.testing.assert_allclose(table["features"][row], expected, atol=0.04)
        vector = EMBEDDINGS["mel_stats"]().embed(Spectra(sound, SR))[0].numpy()
        np.testing.assert_allclose(table["embedding.mel_stats"][row], vector, rtol=1e-3, atol=0.04)
    assert set(table) == set(card(made_of).columns)
    for name, column in card(made_of).columns.items():
        assert table[name].dtype == column.dtype
        assert table[name].shape == (40, *column.shape)


def test_same_bits_whatever_the_synth_renders_at_once():
    made_of = recipe(presets=30, audio=True, notes=NoteSet(pitch=(50, 55, 60), per_preset=2))
    reference = block_of(made_of).table
    for batch in (1, 7):
        synth = TinySynth()
        synth.batch = batch
        for name, column in block_of(made_of, synth=synth).table.items():
            np.testing.assert_array_equal(column, reference[name])


def test_failed_and_quiet_presets_are_drawn_anew():
    made_of = recipe({"octave": 0}, presets=BLOCK, gate=Gate(loudness=-40.0, redraws=100))
    block = block_of(made_of)
    table = block.table
    first, _ = made_of.draw(0)
    assert (table["audible"] == 1).all()
    assert (table["status"] == Status.ok).all()
    assert (table["loudness"] >= -40).all()
    assert np.isfinite(table["features"]).all()
    failed = np.isin(first[:, SPACE.index("fault")], np.arange(1, 5) / 4)
    assert (table["draws"][failed] > 0).all()
    assert table["draws"].max() > 2
    assert block.discarded[1:].min() > 0  # every kind of failure
    assert block.discarded[Status.ok] > 0  # and quiet presets
    assert block.discarded.sum() == table["draws"].sum()
    again = table["draws"] == 1
    values, _ = made_of.draw(0, 1)
    np.testing.assert_array_equal(table["values"][again], values[again].astype(np.float32))


def test_what_remains_silent_is_marked():
    made_of = recipe({"wide": False}, presets=BLOCK, gate=Gate(redraws=0), audio=True)
    block = block_of(made_of)
    status, table = block.table["status"], block.table
    assert set(status.tolist()) == {int(each) for each in Status}
    assert (table["audible"] == (status == Status.ok)).all()
    assert block.discarded.sum() == 0
    measured = np.isin(status, (Status.ok, Status.silent))
    assert np.isfinite(table["features"][measured]).all()
    assert np.isnan(table["features"][~measured]).all()
    assert np.isnan(table["loudness"][~measured]).all()
    assert (table["features"][status == Status.silent] == -90).all()


def test_a_preset_is_heard_if_one_of_its_notes_is():
    notes = NoteSet(velocity=(1, 127), duration=(0.05,), per_preset=2)
    lock = {"fault": "none", "level": -20, "octave": 0}
    table = block_of(recipe(lock, presets=32, notes=notes, gate=Gate(loudness=-45.0))).table
    assert (table["draws"] == 0).all()
    loud = table["notes"][:, 1] == 127
    assert (table["audible"] == loud).all()


def test_presets_that_were_given_are_never_replaced():
    given = SPACE.values([{"fault": "silent"}, {}, {"fault": "crashed"}])
    table = block_of(recipe({}, presets=5, given=given)).table
    np.testing.assert_array_equal(table["values"][:3], given.astype(np.float32))
    assert table["status"][:3].tolist() == [Status.silent, Status.ok, Status.crashed]
    assert table["draws"][:3].tolist() == [0, 0, 0]


def test_a_stopped_renderer_ends():
    renderer = BlockRenderer(recipe(), card(recipe()), TinySynth())
    renderer.stop()
    with pytest.raises(RenderingStopped):
        renderer(0)
