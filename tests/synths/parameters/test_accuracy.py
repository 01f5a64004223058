import numpy as np
import pytest

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Parameter, ParameterSpace
from patchwright.synths.parameters.accuracy import parameter_accuracy, parameter_mae

SPACE = ParameterSpace(
    (
        Parameter(name="cutoff", kind="continuous", default=1000.0, low=20.0, high=20_000.0),
        Parameter(name="gain", kind="continuous", default=0.5),
        Parameter(name="voices", kind="integer", default=1, low=1, high=5),
        Parameter(name="wave", kind="categorical", default="a", choices=tuple("abcdefghijklm")),
        Parameter(name="on", kind="boolean", default=True),
    )
)
REFERENCE = np.array([[0.5, 0.25, 0.0, 0.25, 1.0]])


def test_one_of_each():
    values = np.array([[0.25, 0.5, 0.25, 0.25, 1.0], [0.5, 0.25, 0.0, 0.5, 0.0]])
    np.testing.assert_allclose(parameter_mae(SPACE, values, REFERENCE), [0.25, 0.0])
    np.testing.assert_allclose(parameter_accuracy(SPACE, values, REFERENCE), [2 / 3, 1 / 3])


def test_the_same_preset_is_exact():
    values = SPACE.sample(20, np.random.default_rng(0))
    assert (parameter_mae(SPACE, values, values) == 0).all()
    assert (parameter_accuracy(SPACE, values, values) == 1).all()


def test_levels_weigh_nothing():
    """A wrong choice of thirteen costs as much as a wrong choice of two."""
    wave, switch = REFERENCE.copy(), REFERENCE.copy()
    wave[0, 3], switch[0, 4] = 1.0, 0.0
    assert parameter_accuracy(SPACE, wave, REFERENCE) == parameter_accuracy(
        SPACE, switch, REFERENCE
    )


def test_random_presets_score_what_chance_gives():
    rng = np.random.default_rng(1)
    values, reference = SPACE.sample(4_000, rng), SPACE.sample(4_000, rng)
    mae = parameter_mae(SPACE, values, reference)
    accuracy = parameter_accuracy(SPACE, values, reference)
    assert mae.shape == accuracy.shape == (4_000,)
    assert mae.mean() == pytest.approx(1 / 3, abs=0.01)
    assert accuracy.mean() == pytest.approx((1 / 5 + 1 / 13 + 1 / 2) / 3, abs=0.01)


def test_of_a_subspace_the_free_parameters_count():
    subspace = SPACE.lock({"cutoff": None, "o*": True})
    values = np.array([[0.0, 0.5, 0.25, 0.25, 0.0]])
    assert parameter_mae(subspace, values, REFERENCE) == 0.25
    assert parameter_accuracy(subspace, values, REFERENCE) == 0.5
    assert parameter_mae(subspace, values, REFERENCE, names=["cutoff"]) == 0.5


def test_names_choose():
    values = np.array([[0.25, 0.5, 0.25, 0.25, 1.0]])
    assert parameter_accuracy(SPACE, values, REFERENCE, names=["voices"]) == 0
    assert parameter_accuracy(SPACE, values, REFERENCE, names=["wave", "gain"]) == 1
    with pytest.raises(SynthError, match="did you mean 'wave'"):
        parameter_accuracy(SPACE, values, REFERENCE, names=["wav"])


def test_a_kind_that_is_not_there_is_nan():
    values = np.tile(REFERENCE, (3, 1))
    assert np.isnan(parameter_mae(SPACE, values, REFERENCE, names=["wave", "on"])).all()
    assert np.isnan(parameter_accuracy(SPACE, values, REFERENCE, names=["gain"])).all()


def test_refuses_what_does_not_fit():
    with pytest.raises(SynthError, match="3 presets and 2 references"):
        parameter_mae(SPACE, np.tile(REFERENCE, (3, 1)), np.tile(REFERENCE, (2, 1)))
    with pytest.raises(SynthError, match="shape"):
        parameter_mae(SPACE, REFERENCE[:, :4], REFERENCE)
    with pytest.raises(SynthError, match="between 0 and 1"):
        parameter_mae(SPACE, REFERENCE, 2 * REFERENCE)
