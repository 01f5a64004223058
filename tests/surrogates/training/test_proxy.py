import dataclasses

import numpy as np
import pytest
import torch

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.training.proxy import train_proxy
from tests.surrogates.models import CPU, SETTINGS, TRAINING, tiny_data, tiny_model


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_data(tmp_path_factory.mktemp("data") / "tiny")


def weights(folder):
    return (folder / "weights.safetensors").read_bytes()


def test_training_lowers_the_error_and_the_card_says_how_far(data, tmp_path):
    seen = []
    model = tiny_model(data, tmp_path / "m", report=lambda member, p: seen.append((member, p)))
    assert [(member, p.step) for member, p in seen] == [
        (m, s) for m in (0, 1) for s in (20, 40, 60)
    ]
    assert seen[2][1].held_out < seen[0][1].held_out
    assert model.card.scores["mrr"] > 5 / len(data.rows("test"))
    assert model.card.data == data.sha256
    assert model.card.members == [0, 1]
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "card.json",
        "weights.safetensors",
    ]


class KilledError(Exception):
    pass


@pytest.mark.parametrize("stop", [(0, 20), (0, 60), (1, 40)])
def test_killed_and_resumed_it_ends_with_the_same_bits(data, tmp_path, stop):
    tiny_model(data, tmp_path / "whole")

    def kill(member, progress):
        if (member, progress.step) == stop:
            raise KilledError

    with pytest.raises(KilledError):
        tiny_model(data, tmp_path / "killed", report=kill)
    tiny_model(data, tmp_path / "killed")
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")


def test_a_checkpoint_of_another_training_is_refused(data, tmp_path):
    def kill(member, progress):
        raise KilledError

    with pytest.raises(KilledError):
        tiny_model(data, tmp_path / "m", report=kill)
    other = dataclasses.replace(TRAINING, settings=dataclasses.replace(SETTINGS, rate=1e-3))
    with pytest.raises(SurrogateError, match="other data, network or settings"):
        tiny_model(data, tmp_path / "m", other)
    path = tmp_path / "m" / "training-0.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SurrogateError, match=r"training-0.*damaged.*remove it"):
        tiny_model(data, tmp_path / "m")


def test_patience_ends_it(data, tmp_path):
    settings = dataclasses.replace(SETTINGS, steps=400, rate=1e-9, warmup=1, patience=2)
    seen = []
    training = dataclasses.replace(TRAINING, members=1, settings=settings)
    tiny_model(data, tmp_path, training, report=lambda member, p: seen.append(p.step))
    assert seen[-1] < 400


def test_a_training_that_diverges_is_told(data, tmp_path):
    settings = dataclasses.replace(SETTINGS, rate=1e30, clip=1e30)
    training = dataclasses.replace(TRAINING, members=1, settings=settings)
    with pytest.raises(SurrogateError, match="lower rate"):
        tiny_model(data, tmp_path, training)


def test_half_precision_takes_half_the_space_and_predicts_the_same(data, tmp_path):
    whole, half = (tiny_model(data, tmp_path / str(h), half=h) for h in (False, True))
    assert len(weights(tmp_path / "True")) < 0.6 * len(weights(tmp_path / "False"))
    relaxed, note = torch.rand(4, whole.ensemble.space.width), torch.zeros(3)
    torch.testing.assert_close(
        whole.ensemble(relaxed, note), half.ensemble(relaxed, note), atol=0.02, rtol=0.02
    )


def test_the_components_of_features_come_back(data, tmp_path):
    projection = tiny_model(data, tmp_path).projection
    flat = data.read("features", data.rows("test")).reshape(-1, projection.basis.shape[1])
    features = torch.from_numpy(flat.astype(np.float32))
    back = projection.restore(projection.reduce(features))
    left = (back - features).var() / (features - projection.mean).var()
    assert left < 2 * (1 - projection.kept) + 0.01
    assert projection.kept > 0.9


def test_wrong_names_are_refused():
    with pytest.raises(SurrogateError, match="residual_mlp"):
        dataclasses.replace(TRAINING, proxy="residual_mpl")
    with pytest.raises(SurrogateError, match="'hidden'"):
        dataclasses.replace(TRAINING, options={"hiden": 3})
    with pytest.raises(SurrogateError, match="hidden must be"):
        dataclasses.replace(TRAINING, options={"hidden": "3"})
    with pytest.raises(SurrogateError, match="members"):
        dataclasses.replace(TRAINING, members=0)


def test_too_little_data_is_told(tmp_path):
    few = tiny_data(tmp_path / "few", presets=2)
    with pytest.raises(SurrogateError, match="too few"):
        train_proxy(few, TRAINING, tmp_path / "m", device=CPU)


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tiny_model(data, folder, dataclasses.replace(TRAINING, members=1))
    return folder


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("card.json", lambda b: b[:-20]),
        ("card.json", lambda b: b.replace(b"residual_mlp", b"residual_mlq")),
        ("card.json", lambda b: b"[]"),
        (
            "card.json",
            lambda b: b.rstrip()[:-1] + b', "deep": ' + 9_000 * b"[" + 9_000 * b"]" + b"}",
        ),
        ("card.json", lambda b: b.rstrip()[:-1] + b', "kind": "proxy"}'),
        ("weights.safetensors", lambda b: b[:-4]),
        ("weights.safetensors", lambda b: b[:-1] + bytes([b[-1] ^ 1])),
    ],
)
def test_damage_is_told_with_the_file(folder, tmp_path, file, damage):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / file).write_bytes(damage((folder / file).read_bytes()))
    with pytest.raises(SurrogateError, match=f"{file} is damaged"):
        ProxyModel.read(tmp_path)


def test_another_folder_is_no_model(tmp_path):
    with pytest.raises(SurrogateError, match="is no model"):
        ProxyModel.read(tmp_path)
