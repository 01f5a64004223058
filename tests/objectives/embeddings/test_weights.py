import re

import pytest
import torch
from torch import nn

from patchwright.objectives import ObjectiveError
from patchwright.objectives.embeddings.weights import read_weights
from tests.objectives.embeddings.pretrained import save, states

STATES = states()
FAMILIES = sorted(STATES, key=lambda family: family.__name__)
LAST_WEIGHT = {
    "EfficientAT": "classifier.2.weight",
    "OpenL3": "conv2d_7.weight",
    "PaSST": "blocks.1.attn.qkv.weight",
}


def network():
    with torch.device("meta"):
        return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def state():
    return {
        "0.weight": torch.ones(2, 3),
        "0.bias": torch.ones(2, dtype=torch.float16),
        "1.weight": torch.ones(2, dtype=torch.float64),
        "1.bias": torch.ones(2),
        "1.running_mean": torch.ones(2),
        "1.running_var": torch.ones(2),
        "1.num_batches_tracked": torch.tensor(7),
    }


def test_a_network_takes_the_numbers_as_float32_and_is_ready_for_use(tmp_path):
    filled = network()
    read_weights(save(state(), tmp_path / "a.safetensors"), model="a model").fill(filled)
    assert {p.dtype for p in filled.parameters()} == {torch.float32}
    assert not filled.training
    assert not any(p.requires_grad for p in filled.parameters())
    torch.testing.assert_close(filled(torch.ones(1, 3)), torch.full((1, 2), 1 + 3 / 1.00001**0.5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.weight": None}, r"0\.weight is missing"),
        ({"1.running_var": None}, r"1\.running_var is missing"),
        ({"2.weight": torch.ones(1)}, r"2\.weight is unexpected"),
        ({"0.bias": torch.ones(3)}, r"0\.bias has the shape \[3\] and should have \[2\]"),
        ({"0.bias": torch.ones(2, 1)}, r"0\.bias has the shape \[2, 1\]"),
    ],
)
def test_other_models_are_refused_by_the_first_tensor_that_differs(tmp_path, change, message):
    changed = {name: tensor for name, tensor in (state() | change).items() if tensor is not None}
    weights = read_weights(save(changed, tmp_path / "a.safetensors"), model="a model")
    with pytest.raises(ObjectiveError, match=message):
        weights.fill(network())


def test_files_that_are_not_there_say_where_they_come_from(tmp_path):
    with pytest.raises(ObjectiveError, match=r"mn10_as from someone.*convert it"):
        read_weights(tmp_path / "mn10.safetensors", model="mn10_as from someone")


@pytest.mark.parametrize("name", ["mn10.pt", "passt.pth", "openl3.pth.tar", "openl3.h5"])
def test_pickles_are_refused_unread(tmp_path, name):
    (tmp_path / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(ObjectiveError, match=re.escape(f"torch.load('{name}', weights_only=True)")):
        read_weights(tmp_path / name, model="a model")


@pytest.mark.parametrize("n_bytes", [0, 4, 100, -1])
def test_files_cut_short_are_refused(tmp_path, n_bytes):
    path = save(state(), tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ObjectiveError, match="convert or copy it again"):
        read_weights(path, model="a model")


def test_a_pickle_in_disguise_is_refused(tmp_path):
    torch.save(state(), tmp_path / "a.safetensors")
    with pytest.raises(ObjectiveError, match="convert or copy it again"):
        read_weights(tmp_path / "a.safetensors", model="a model")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("opened_as", FAMILIES)
def test_no_family_opens_the_file_of_another(tmp_path, family, opened_as):
    path = save(STATES[family], tmp_path / "a.safetensors")
    if family is opened_as:
        assert opened_as(path).name == f"{family.__name__.lower()}_a"
    else:
        with pytest.raises(ObjectiveError, match="is missing"):
            opened_as(path)


@pytest.mark.parametrize("family", FAMILIES)
def test_any_missing_added_or_reshaped_tensor_is_named(tmp_path, family):
    name = LAST_WEIGHT[family.__name__]
    whole = STATES[family]
    for changed in (
        {key: tensor for key, tensor in whole.items() if key != name},
        whole | {name: whole[name][:, :-1]},
        whole | {f"{name}.more": torch.ones(1)},
    ):
        with pytest.raises(ObjectiveError, match=re.escape(name)):
            family(save(changed, tmp_path / "a.safetensors"))
