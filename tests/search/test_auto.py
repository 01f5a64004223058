"""The default method: what it chooses, and that it does no more than that."""

import numpy as np
import pytest

from search import OPTIMIZERS, Auto
from search.optimizers.auto import CHOICES
from tests.search.spaces import distance_to, drive, subspace_of


@pytest.mark.parametrize(
    ("budget", "chosen"),
    [(250, "portfolio"), (1_000, "portfolio"), (2_500, "nsga2"), (None, "nsga2")],
)
def test_it_asks_what_the_optimizer_that_it_chose_asks(budget, chosen):
    subspace = subspace_of("ccikb")
    scores = distance_to(np.full((2, 5), 0.3))
    auto = Auto(subspace, 2, seed=5, budget=budget)
    assert auto.chose() == chosen
    alone = OPTIMIZERS[chosen](subspace, 2, seed=5, budget=budget)
    for one, other in zip(drive(auto, scores, 6), drive(alone, scores, 6), strict=True):
        assert one.tobytes() == other.tobytes()


def test_whatever_it_chooses_treats_categories_as_such_and_keeps_a_front():
    for name, cls in CHOICES.items():
        assert OPTIMIZERS[name] is cls
        assert cls.categories
        assert cls.objectives == "many"
