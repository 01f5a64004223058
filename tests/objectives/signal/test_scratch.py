import pickle

import torch

from patchwright.objectives import Scratch


def test_same_name_same_memory():
    scratch = Scratch()
    large = scratch.take("a", (4, 5), torch.float32)
    assert large.eq(0).all()
    large.fill_(3)
    small = scratch.take("a", (2, 3), torch.float32)
    assert small.shape == (2, 3)
    assert small.data_ptr() == large.data_ptr()
    assert small.eq(3).all()


def test_names_and_types_are_apart():
    scratch = Scratch()
    taken = [
        scratch.take("a", (4,), torch.float32),
        scratch.take("b", (4,), torch.float32),
        scratch.take("a", (4,), torch.float64),
    ]
    assert len({each.data_ptr() for each in taken}) == 3


def test_grows_and_is_pickled_empty():
    scratch = Scratch()
    scratch.take("a", (1000,), torch.float32)
    assert scratch.take("a", (3000,), torch.float32).shape == (3000,)
    assert len(pickle.dumps(scratch)) < 200
