import dataclasses

import numpy as np
import pytest
import torch

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.estimators import Sampling
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.training.estimator import EstimatorTraining, train_estimator
from patchwright.surrogates.training.heard import Recordings
from tests.surrogates.estimators.small import SMALL
from tests.surrogates.models import CPU, SETTINGS, tiny_data, tiny_model
from tests.surrogates.tiny import make, recipe

TRAINING = EstimatorTraining(
    estimator="mlp", options=SMALL["mlp"], augmentation=None, settings=SETTINGS
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_data(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="module")
def proxy(data, tmp_path_factory):
    return tiny_model(data, tmp_path_factory.mktemp("proxy"))


@pytest.fixture(scope="module")
def mine(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    return folder, trained(data, folder)


def trained(data, folder, changes=None, **others):
    return train_estimator(
        data, dataclasses.replace(TRAINING, **changes or {}), folder, device=CPU, **others
    )


def recordings(data, n=6):
    rows = data.rows("test")[:n]
    features = torch.from_numpy(data.read("features", rows).astype(np.float32))
    return Recordings(features, data.read("notes", rows).astype(np.float64))


def heard(model, data, rows):
    features = torch.from_numpy(data.read("features", rows)).float()
    return model.hear(features), scaled_note(data.read("notes", rows))


class TestTraining:
    def test_its_card_has_the_accuracy_of_each_parameter(self, mine, data):
        scores = mine[1].card.scores
        for name in ("octave", "wave", "wide"):
            assert 0 <= scores[f"{name}.param_accuracy"] <= 1
        assert scores["level.param_mae"] < 0.22  # 0.25 and more without having heard anything
        assert scores["wave.param_accuracy"] > 0.7
        assert mine[1].card.data == data.sha256
        assert mine[1].card.examples == len(data.rows("train"))

    def test_the_presets_that_are_scored_are_in_no_batch(self, data):
        """Of the published task, 2.4 % of the test presets were in training."""
        train = {row.tobytes() for row in data.read("values", data.rows("train"))}
        test = {row.tobytes() for row in data.read("values", data.rows("test"))}
        assert test
        assert not train & test

    @pytest.mark.parametrize("name", ["flow", "mlp"])
    def test_killed_and_resumed_it_ends_with_the_same_bits(self, data, tmp_path, name):
        changes = {
            "estimator": name,
            "options": SMALL[name],
            "augmentation": EstimatorTraining().augmentation,
        }
        trained(data, tmp_path / "whole", changes)

        class KilledError(Exception):
            pass

        def kill(member, progress):
            if progress.step == 20:
                raise KilledError

        with pytest.raises(KilledError):
            trained(data, tmp_path / "killed", changes, report=kill)
        trained(data, tmp_path / "killed", changes)
        first, second = (
            (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "killed")
        )
        assert first == second

    def test_parameters_are_named_and_not_in_the_order_of_a_file(self, tmp_path):
        """Published presets were cut by position: values landed on wrong parameters."""
        lock = {"fault": "none", "level": -6, "octave": 0, "wide": False}
        narrow = make(tmp_path / "narrow", recipe(lock, presets=200))
        model = trained(narrow, tmp_path / "m")
        assert model.network.space.names == ("bend", "wave")
        assert model.card.scores.keys() >= {"bend.param_mae", "wave.param_accuracy"}
        assert model.card.scores["wave.param_accuracy"] > 0.7

    def test_too_little_data_is_told(self, tmp_path):
        few = tiny_data(tmp_path / "few", presets=2)
        with pytest.raises(SurrogateError, match="too few"):
            trained(few, tmp_path / "m")


class TestPerceptual:
    ALONE = {"parameters": 0.0, "perceptual": 1.0}  # noqa: RUF012

    def error(self, model, proxy, examples):
        """Distance, through the proxy, of the answers' sounds from the recordings."""
        notes = scaled_note(examples.notes)
        with torch.no_grad():
            soft = model.network.answer(model.hear(examples.features), notes)
            expected = torch.stack([m(soft, notes) for m in proxy.ensemble.members]).mean(0)
        true = proxy.projection.reduce(examples.features.flatten(1))
        return float((expected - true).abs().mean())

    def test_recordings_alone_bring_the_answers_nearer(self, data, mine, proxy, tmp_path):
        before = mine[1]
        brought = recordings(data)
        after = trained(
            data,
            tmp_path,
            self.ALONE | {"recordings": 1.0},
            start=before,
            proxy=proxy,
            recordings=brought,
        )
        assert self.error(after, proxy, brought) < 0.9 * self.error(before, proxy, brought)
        assert after.card.recordings == len(brought.notes)
        assert after.card.start == before.digest
        assert after.card.proxy == proxy.digest

    @pytest.mark.parametrize("name", ["mlp", "flow"])
    def test_every_kind_of_parameter_moves(self, data, proxy, tmp_path, name):
        """In published code, categories and switches had no gradient."""
        changes = {"estimator": name, "options": SMALL[name], **self.ALONE}
        model = trained(data, tmp_path, changes, proxy=proxy)
        features, note = heard(model, data, data.rows("test")[:8])
        weights = list(model.network.parameters())
        for weight in weights:
            weight.requires_grad_()
        soft = model.network.soft(features, note, torch.Generator().manual_seed(0))
        soft.retain_grad()
        outputs = torch.stack([m(soft, note) for m in proxy.ensemble.members]).mean(0)
        outputs.square().sum().backward()
        for parameter, block in zip(
            model.network.space.names, model.network.space.blocks, strict=True
        ):
            assert (soft.grad[:, block] != 0).any(), parameter

    def test_the_proxy_stays_as_it_was(self, data, proxy, tmp_path):
        before = [p.clone() for m in proxy.ensemble.members for p in m.parameters()]
        trained(data, tmp_path, self.ALONE, proxy=proxy)
        after = [p for m in proxy.ensemble.members for p in m.parameters()]
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))

    def test_what_is_missing_is_told(self, data, mine, proxy, tmp_path):
        for changes, others, words in (
            (self.ALONE, {}, "needs a proxy"),
            ({}, {"recordings": recordings(data)}, "no parameters"),
            ({"options": SMALL["mlp"] | {"bins": 4}}, {"start": mine[1]}, "another network"),
        ):
            with pytest.raises(SurrogateError, match=words):
                trained(data, tmp_path / "m", changes, **others)

    def test_models_of_another_lock_are_refused(self, mine, proxy, tmp_path):
        lock = {"fault": "none", "bend": 0.0}
        other = make(tmp_path / "other", recipe(lock, presets=100))
        for changes, others in (({}, {"start": mine[1]}), (self.ALONE, {"proxy": proxy})):
            with pytest.raises(SurrogateError, match=r"locked\.bend"):
                trained(other, tmp_path / "m", changes, **others)


class TestFolder:
    def test_it_predicts_the_same_bits_when_it_is_read_again(self, mine, data):
        folder, model = mine
        again = EstimatorModel.read(folder)
        features, note = heard(model, data, data.rows("test")[:4])
        for sampling in (Sampling(), Sampling(temperature=0.5)):
            first, second = (
                m.network.sample(features, note, torch.Generator().manual_seed(0), sampling)
                for m in (model, again)
            )
            assert torch.equal(first, second)

    @pytest.mark.parametrize(
        ("file", "damage"),
        [
            ("card.json", lambda b: b[:-20]),
            ("card.json", lambda b: b.replace(b'"mlp"', b'"mpl"')),
            ("card.json", lambda b: b.replace(b'"hidden": 32', b'"hiden": 32')),
            ("card.json", lambda b: b"[]"),
            ("weights.safetensors", lambda b: b[:-4]),
            ("weights.safetensors", lambda b: b[:-1] + bytes([b[-1] ^ 1])),
        ],
    )
    def test_damage_is_told_with_the_file(self, mine, tmp_path, file, damage):
        for path in mine[0].iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / file).write_bytes(damage((mine[0] / file).read_bytes()))
        with pytest.raises(SurrogateError, match=f"{file} is damaged"):
            EstimatorModel.read(tmp_path)

    def test_a_proxy_is_no_estimator_and_the_other_way_round(self, mine, data, tmp_path):
        tiny_model(data, tmp_path)
        with pytest.raises(SurrogateError, match=r"of the kind proxy.*train estimator"):
            EstimatorModel.read(tmp_path)
        with pytest.raises(SurrogateError, match=r"of the kind estimator.*train proxy"):
            ProxyModel.read(mine[0])
