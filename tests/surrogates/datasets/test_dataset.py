import json

import numpy as np
import pytest

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets import Dataset, Gate, NoteSet
from patchwright.surrogates.datasets.block import BlockRenderer
from patchwright.surrogates.datasets.recipe import BLOCK
from tests.surrogates.tiny import TinySynth, card, make, recipe

NOTES = NoteSet(pitch=(40, 60), velocity=(60, 120), duration=(0.05,), per_preset=2)
LOCK = {"wide": True}


@pytest.fixture(scope="module")
def made_of():
    return recipe(LOCK, presets=200, notes=NOTES, gate=Gate(redraws=0), audio=True)


@pytest.fixture(scope="module")
def data(made_of, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("patchwright.surrogates.datasets.card._MOST_BLOCKS", 1)
        return make(tmp_path_factory.mktemp("data") / "tiny", made_of, workers=2)


def test_rows_are_those_of_the_blocks(data, made_of):
    renderer = BlockRenderer(made_of, card(made_of), TinySynth())
    first = 2 * BLOCK * 2
    for name, column in renderer(2).table.items():
        np.testing.assert_array_equal(data.read(name)[first : first + len(column)], column)
    values = np.concatenate([made_of.draw(block)[0] for block in range(made_of.blocks)])
    np.testing.assert_array_equal(data.values()[::2], values)
    np.testing.assert_array_equal(data.preset(np.arange(6)), [0, 0, 1, 1, 2, 2])


def test_rows_are_read_in_any_order(data):
    rng = np.random.default_rng(0)
    for count in (0, 1, 5, 300):
        rows = rng.integers(0, len(data), count)
        for name in ("features", "audio", "notes"):
            np.testing.assert_array_equal(data.read(name, rows), data.read(name)[rows])


def test_splits_divide_the_presets(data):
    parts = [data.rows(split, audible=False) for split in ("train", "valid", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(data)))
    presets = [set(data.preset(part).tolist()) for part in parts]
    assert sum(map(len, presets)) == 200
    assert min(map(len, presets)) > 20
    assert not data.crowded


def test_only_audible_rows_unless_all_are_asked_for(data):
    for split in (None, "train"):
        every, heard = data.rows(split, audible=False), data.rows(split)
        np.testing.assert_array_equal(heard, every[data.read("audible", every) == 1])
        assert 0 < len(heard) < len(every)


@pytest.mark.parametrize("buffer", [1, 2**19, 2**28])
@pytest.mark.parametrize("size", [1, 50, 100_000])
def test_batches_hold_every_row_once(data, size, buffer, monkeypatch):
    monkeypatch.setattr("patchwright.surrogates.datasets.dataset._BUFFER", buffer)
    rows = data.rows("train")[::3]
    columns = ("features", "values")
    batches = list(data.batches(rows, size, columns, np.random.default_rng(0)))
    assert [len(batch["row"]) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    order = np.concatenate([batch["row"] for batch in batches])
    assert not np.array_equal(order, rows)
    np.testing.assert_array_equal(np.sort(order), rows)
    for batch in batches[:3]:
        for name in columns:
            np.testing.assert_array_equal(batch[name], data.read(name, batch["row"]))
    again = [b["row"] for b in data.batches(rows, size, ("values",), np.random.default_rng(0))]
    assert buffer == 2**19 or np.array_equal(np.concatenate(again), order)


def test_batches_of_no_rows_or_columns(data):
    nothing = np.empty(0, np.int64)
    assert list(data.batches(nothing, 5, ("values",), np.random.default_rng(0))) == []
    with pytest.raises(SurrogateError, match="at least 1"):
        next(data.batches(nothing, 0, ("values",), np.random.default_rng(0)))


def test_the_card_tells_what_was_made(data, made_of):
    assert data.card.synth.differences(card(made_of).synth) == []
    assert data.subspace.names == made_of.subspace.names
    assert data.features == made_of.features
    assert (data.card.presets, data.card.rows, data.card.channels) == (200, 400, 2)
    assert data.discarded == dict.fromkeys(data.discarded, 0)


def test_wrong_questions_are_refused(data, tmp_path):
    with pytest.raises(SurrogateError, match=r"no embedding.clap.*values, notes"):
        data.read("embedding.clap")
    with pytest.raises(SurrogateError, match="400 rows"):
        data.read("values", np.array([400]))
    with pytest.raises(SurrogateError, match="400 rows"):
        data.read("values", np.array([-1]))
    with pytest.raises(SurrogateError, match="train, valid, test"):
        data.rows("training")
    with pytest.raises(SurrogateError, match="no dataset"):
        Dataset(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.pop("synth"),
        lambda card: card["features"].update(n_fft=1),
        lambda card: card["notes"].update(pitch=[400]),
        lambda card: card.update(presets=-1),
        lambda card: card["synth"]["locked"].update(bend=7.0),
        lambda card: card["synth"].update(space={}),
        lambda card: card["synth"].update(space={"parameters": {"a": {"kind": "colour"}}}),
    ],
)
def test_a_damaged_card_is_refused(tmp_path, change):
    folder = tmp_path / "a"
    make(folder, recipe(presets=5))
    content = json.loads((folder / "card.json").read_text())
    change(content)
    (folder / "card.json").write_text(json.dumps(content))
    with pytest.raises(SurrogateError, match=r"card.json is damaged"):
        Dataset(folder)
