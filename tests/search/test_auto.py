"""The default method: what it chooses, and that it does no more than that."""

import numpy as np

from search import OPTIMIZERS, Auto
from search.auto import CHOICES
from tests.search.spaces import distance_to, drive, subspace_of


def test_it_asks_what_the_optimizer_that_it_chose_asks():
    subspace = subspace_of("ccikb")
    scores = distance_to(np.full((2, 5), 0.3))
    auto = Auto(subspace, 2, seed=5, budget=2_500)
    chosen = CHOICES[auto.chose()](subspace, 2, seed=5, budget=2_500)
    for one, other in zip(drive(auto, scores, 6), drive(chosen, scores, 6), strict=True):
        assert one.tobytes() == other.tobytes()


def test_whatever_it_chooses_is_registered_and_treats_categories_as_such():
    for name, cls in CHOICES.items():
        assert OPTIMIZERS[name] is cls
        assert cls.categories
        assert cls.objectives == "many"
