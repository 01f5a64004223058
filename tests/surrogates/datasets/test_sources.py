"""The contract of sources, checked for every registered one, and what each does."""

import numpy as np
import pytest

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets import SOURCES, Crossed, Perturbed
from patchwright.synths.builtin import Subtractive
from tests.surrogates.tiny import TinySynth

SUBSPACE = TinySynth.space.lock({"wide": True}, limit={"level": [-30, -10], "octave": [0, 2]})
BANK = SUBSPACE.sample(7, np.random.default_rng(5))


@pytest.fixture(params=SOURCES)
def source(request):
    cls = SOURCES[request.param]
    return cls(BANK) if cls.from_presets else cls()


def test_draws_are_presets_of_the_subspace(source):
    """Discrete coordinates are bin centres, so that decoding and encoding change nothing."""
    drawn = source.draw(300, SUBSPACE, np.random.default_rng(0))
    assert drawn.shape == (300, len(SUBSPACE))
    assert drawn.dtype == np.float64
    values = SUBSPACE.decode(drawn)
    np.testing.assert_allclose(SUBSPACE.encode(values), drawn, atol=1e-6)
    assert (values[:, TinySynth.space.index("wide")] == 1).all()
    assert source.draw(0, SUBSPACE, np.random.default_rng(0)).shape == (0, len(SUBSPACE))


def test_draws_depend_on_the_generator_alone(source):
    one, two, other = (source.draw(40, SUBSPACE, np.random.default_rng(k)) for k in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert len(np.unique(one, axis=0)) > 20


def test_perturbed_presets_keep_most_of_one_preset():
    subspace = Subtractive.space.lock({})
    continuous = subspace.levels == 0
    bank = np.where(continuous, 0.5, subspace.sample(3, np.random.default_rng(0)))
    bank[1] = np.where(continuous, 0.4, bank[1])
    drawn = Perturbed(bank, rate=0.2, scale=0.05).draw(2_000, subspace, np.random.default_rng(0))
    kept = (drawn[:, None] == bank).sum(2)
    assert (1 - kept.max(1) / len(subspace)).mean() == pytest.approx(0.2, abs=0.05)
    assert np.bincount(kept.argmax(1)).min() > 500
    steps = np.abs(drawn - bank[kept.argmax(1)])[:, continuous]
    assert steps[steps > 0].mean() == pytest.approx(0.05, abs=0.005)


def test_crossed_presets_lie_between_two_presets():
    drawn = Crossed(BANK).draw(500, SUBSPACE, np.random.default_rng(0))
    assert ((drawn >= BANK.min(0)) & (drawn <= BANK.max(0))).all()
    taken = (drawn[:, None] == BANK).any(1)
    assert taken[:, SUBSPACE.levels > 0].all()
    share = taken[:, SUBSPACE.levels == 0].all(1).mean()
    assert 0.4 < share < 0.6  # the others are between both parents
    assert not (drawn[:, None] == BANK).all(2).all()


def test_wrong_options_are_refused():
    for wrong in ({"rate": 0.0}, {"rate": 1.5}, {"scale": 0.0}, {"scale": np.nan}):
        with pytest.raises(SurrogateError, match="above 0"):
            Perturbed(BANK, **wrong)
    with pytest.raises(SurrogateError, match="at least 1 preset"):
        Perturbed(BANK[:0])
    with pytest.raises(SurrogateError, match="at least 2 presets"):
        Crossed(BANK[:1])
