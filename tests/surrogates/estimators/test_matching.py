import itertools

import pytest
import torch

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.estimators import build_estimator
from patchwright.surrogates.estimators.matching import chamfer_loss, sorted_parts
from patchwright.surrogates.estimators.parts import interchangeable
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.synths.builtin.oscillators import Oscillators
from tests.surrogates.estimators.small import SMALL

SPACE = RelaxedSpace.of(Oscillators(k=3).space.lock())
PARTS = torch.tensor(interchangeable(SPACE))
SHAPE = (6, 4)


def presets(n=5):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n, SPACE.width, generator=generator)


def permuted(relaxed, order):
    found = relaxed.clone()
    found[:, PARTS.flatten()] = relaxed[:, PARTS[list(order)].flatten()]
    return found


def test_the_first_column_of_a_part_is_its_frequency():
    assert [SPACE.names[0], SPACE.names[3]] == ["osc1_frequency", "osc2_frequency"]
    assert PARTS[:, 0].tolist() == [SPACE.blocks[i].start for i in (0, 3, 6)]


@pytest.mark.parametrize("matching", ["sorted", "chamfer"])
def test_the_order_of_parts_does_not_matter(matching):
    network = build_estimator("mlp", SPACE, SHAPE, seed=0, matching=matching, **SMALL["mlp"])
    heard, note, generator = torch.randn(5, *SHAPE), torch.zeros(5, 3), torch.Generator()
    losses = [
        network.loss(heard, note, permuted(presets(), order), generator)
        for order in itertools.permutations(range(3))
    ]
    for each in losses:
        torch.testing.assert_close(each, losses[0])
    plain = build_estimator("mlp", SPACE, SHAPE, seed=0, **SMALL["mlp"])
    one, other = (
        plain.loss(heard, note, permuted(presets(), order), generator)
        for order in ((0, 1, 2), (2, 0, 1))
    )
    assert not torch.allclose(one, other)


def test_sorted_parts_are_whole():
    found = sorted_parts(presets(), PARTS)
    first = found[:, PARTS[:, 0]]
    assert (first.diff(dim=1) >= 0).all()
    for row, true in zip(found[:, PARTS], presets()[:, PARTS], strict=True):
        assert {tuple(x) for x in row.tolist()} == {tuple(x) for x in true.tolist()}


def test_chamfer_by_hand():
    """Absolute errors of every pair, by equation 1."""
    predicted, true = presets(2), presets(4)[2:]
    found = chamfer_loss(lambda x: (predicted - x).abs(), true, PARTS)
    pairs = (predicted[:, PARTS][:, :, None] - true[:, PARTS][:, None]).abs().sum(3)
    expected = (pairs.amin(2).sum(1) + pairs.amin(1).sum(1)) / 2 / SPACE.width
    torch.testing.assert_close(found, expected)


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(SurrogateError, match="matching must be one of none, sorted, chamfer"):
        build_estimator("mlp", SPACE, SHAPE, seed=0, matching="sort")
    alone = RelaxedSpace(SPACE.names[:3], SPACE.levels[:3])
    with pytest.raises(SurrogateError, match="no interchangeable parts"):
        build_estimator("mlp", alone, SHAPE, seed=0, matching="sorted")
