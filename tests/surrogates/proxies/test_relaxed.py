import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.relaxed import MOST_LEVELS
from patchwright.synths import Parameter, ParameterSpace
from tests.surrogates.tiny import TinySynth

SUBSPACE = TinySynth.space.lock({"fault": "none"})
SPACE = RelaxedSpace.of(SUBSPACE)


@given(st.integers(0, 2**31))
def test_presets_come_back(seed):
    values = SUBSPACE.decode(SUBSPACE.sample(9, np.random.default_rng(seed)))[:, SUBSPACE.free]
    relaxed = SPACE.relax(values)
    assert relaxed.shape == (9, SPACE.width)
    np.testing.assert_allclose(SPACE.values(relaxed), values, atol=1e-7)
    for block, levels in zip(SPACE.blocks, SPACE.levels, strict=True):
        if levels:
            assert (relaxed[:, block].sum(1) == 1).all()


def test_a_mixture_becomes_its_likeliest_level():
    relaxed = SPACE.relax(SPACE.values(torch.zeros(1, SPACE.width)))
    wave = SPACE.blocks[SPACE.names.index("wave")]
    relaxed[0, wave] = torch.tensor([0.4, 0.6])
    assert SPACE.values(relaxed)[0, SPACE.names.index("wave")] == 1.0


def test_many_levels_are_one_column():
    wide = Parameter(name="wide", kind="integer", low=0, high=MOST_LEVELS, default=0)
    space = RelaxedSpace.of(ParameterSpace((wide,)).lock())
    assert space.width == 1
    assert space.relax(np.array([[0.5]])).tolist() == [[0.5]]
