import numpy as np
import torch

from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.importance import permutation_importance

SPACE = RelaxedSpace(("cutoff", "unheard", "wave"), np.array([0, 0, 3]))


def test_what_is_heard_is_important_and_what_is_not_is_not():
    rng = np.random.default_rng(0)
    values = np.stack([rng.random(200), rng.random(200), rng.integers(3, size=200) / 2], axis=1)
    relaxed = SPACE.relax(values)

    def predict(x):
        return torch.stack([3 * x[:, 0], x[:, 2] - x[:, 4]], dim=1)

    true = predict(relaxed) + 0.1
    cutoff, unheard, wave = permutation_importance(predict, SPACE, relaxed, true, rng=rng)
    assert unheard == 0
    assert min(cutoff, wave) > 1
