import numpy as np
import pytest
from pydantic import ValidationError

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets import Crossed, FromPrior, Gate, NoteSet, Perturbed
from patchwright.surrogates.datasets.recipe import BLOCK, GIVEN
from tests.surrogates.tiny import TinySynth, recipe

SPACE = TinySynth.space
BANK = SPACE.lock({"fault": "none"}).sample(5, np.random.default_rng(1))


def presets_of(made_of, attempt=0):
    return np.concatenate([made_of.draw(b, attempt)[0] for b in range(made_of.blocks)])


def test_a_preset_depends_on_the_seed_and_its_number_alone():
    """More presets begin with the same ones; other seeds and attempts give others."""
    few, many = (presets_of(recipe(presets=n)) for n in (100, 400))
    np.testing.assert_array_equal(many[:100], few)
    assert len(np.unique(many, axis=0)) == 400
    assert not (presets_of(recipe(presets=100, seed=1)) == few).all(1).any()
    assert not (presets_of(recipe(presets=100), attempt=1) == few).all(1).any()
    np.testing.assert_array_equal(recipe().draw_notes(1), recipe(presets=500).draw_notes(1)[:36])


def test_sources_are_mixed_by_their_weights():
    sources = ((FromPrior(), 1.0), (Perturbed(BANK), 2.0), (Crossed(BANK), 1.0))
    mixed = recipe(presets=40 * BLOCK, sources=sources)
    number = np.concatenate([mixed.draw(block)[1] for block in range(mixed.blocks)])
    share = np.bincount(number) / len(number)
    np.testing.assert_allclose(share, [0.25, 0.5, 0.25], atol=0.04)
    described = mixed.described()["sources"]
    assert [each["name"] for each in described] == ["prior", "perturbed", "crossed"]
    assert described[1]["presets"]["presets"] == 5
    other = recipe(sources=((Perturbed(BANK[::-1]), 1.0),)).described()["sources"][0]
    assert other["presets"]["sha256"] != described[1]["presets"]["sha256"]


@pytest.mark.parametrize("drawn", [0, 30])
def test_presets_that_were_given_come_first_and_unchanged(drawn):
    given = SPACE.sample(BLOCK + 10, np.random.default_rng(2))
    made_of = recipe(presets=drawn, given=given)
    assert (made_of.total, made_of.blocks) == (BLOCK + 10 + drawn, 2)
    for attempt in (0, 1):
        np.testing.assert_array_equal(presets_of(made_of, attempt)[: len(given)], given)
    source = np.concatenate([made_of.draw(block)[1] for block in range(2)])
    assert (source == np.where(np.arange(made_of.total) < len(given), GIVEN, 0)).all()


def test_each_preset_plays_different_notes_of_the_set():
    notes = NoteSet(pitch=(36, 48, 60), velocity=(40, 127), duration=(0.1, 0.5), per_preset=5)
    drawn = notes.draw(400, np.random.default_rng(0))
    assert drawn.shape == (400, 5, 3)
    for preset in drawn:
        assert len(np.unique(preset, axis=0)) == 5
    different, counts = np.unique(drawn.reshape(-1, 3), axis=0, return_counts=True)
    assert len(different) == notes.different == 12
    assert counts.min() > 0.6 * counts.mean()
    whole = NoteSet(pitch=(36, 48), per_preset=2).draw(3, np.random.default_rng(0))
    assert (np.sort(whole[..., 0], axis=1) == [36, 48]).all()


def test_neighbours_play_the_same_notes_which_synths_render_together():
    drawn = NoteSet(pitch=tuple(range(30, 90))).draw(64, np.random.default_rng(0))
    groups = drawn.reshape(16, 4, 3)
    assert (groups == groups[:, :1]).all()
    assert len(np.unique(groups[:, 0, 0])) > 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"pitch": ()},
        {"pitch": (128,)},
        {"velocity": (0,)},
        {"duration": (0.0,)},
        {"pitch": (60, 61), "per_preset": 3},
        {"per_preset": 0},
        {"pitches": (60,)},
    ],
)
def test_wrong_notes_are_refused(wrong):
    with pytest.raises(ValidationError):
        NoteSet(**wrong)


def test_wrong_recipes_are_refused():
    with pytest.raises(SurrogateError, match="at least 1"):
        recipe(presets=0)
    with pytest.raises(SurrogateError, match="weights"):
        recipe(sources=((FromPrior(), 0.0),))
    with pytest.raises(SurrogateError, match="source"):
        recipe(sources=())
    for wrong in ({"loudness": 3.0}, {"loudness": -71.0}, {"redraws": -1}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            Gate(**wrong)
