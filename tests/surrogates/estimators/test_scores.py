import numpy as np

from patchwright.surrogates.estimators.scores import parameter_scores
from patchwright.surrogates.proxies import RelaxedSpace

SPACE = RelaxedSpace(("cutoff", "wave", "octave", "fine"), np.array([0, 3, 5, 200]))
TRUE = np.array([[0.5, 0.5, 0.25, 100 / 199], [0.1, 1.0, 0.75, 7 / 199]])


def test_each_parameter_is_scored_by_its_kind():
    found = parameter_scores(SPACE, TRUE + np.array([0.1, 0.0, 0.25, 0.0]), TRUE)
    assert found["cutoff.param_mae"] == 0.1
    assert found["wave.param_accuracy"] == 1.0
    assert found["octave.param_accuracy"] == 0.0
    assert found["param_mae"] == 0.1
    assert abs(found["param_accuracy"] - 2 / 3) < 1e-6


def test_levels_are_rounded_and_not_cut_off():
    """Published code cut off: the pitch was right in 52 % instead of all."""
    below = TRUE - np.array([0, 1e-3, 1e-3, 1e-3])
    found = parameter_scores(SPACE, below, TRUE)
    assert found["param_accuracy"] == 1.0


def test_a_network_s_levels_come_back_from_below_and_above():
    relaxed = SPACE.relax(TRUE)
    for error in (-1e-3, 1e-3):
        noisy = (relaxed + error).clamp(0, 1)
        assert parameter_scores(SPACE, SPACE.values(noisy), TRUE)["param_accuracy"] == 1.0
