"""One encoder with a decoder for each of several synths."""

import dataclasses

import numpy as np
import pytest
import torch

from patchwright.surrogates import SurrogateError, SynthIdentity
from patchwright.surrogates.datasets import Card, Dataset
from patchwright.surrogates.datasets.block import BlockRenderer
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset, render_in_threads
from patchwright.surrogates.estimators import build_estimator
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.training.estimator import EstimatorTraining
from patchwright.surrogates.training.together import TogetherSource, train_together
from patchwright.surrogates.training.trainer import TrainingSettings
from tests.surrogates.estimators.small import SMALL
from tests.surrogates.models import CPU, tiny_data
from tests.surrogates.tiny import TinySynth, card, recipe

SETTINGS = TrainingSettings(steps=80, batch=64, rate=5e-3, warmup=5, average=0.9, every=40)
TRAINING = EstimatorTraining(
    estimator="vae", options=SMALL["vae"], augmentation=None, settings=SETTINGS
)


class OtherSynth(TinySynth):
    """The same sounds, with other parameters free."""

    name = "other"


def other_data(folder):
    made_of = recipe({"fault": "none", "level": -6.0}, presets=200)
    about = card(made_of)
    identity = SynthIdentity.of("other", made_of.subspace, "1")
    about = Card.model_validate(about.model_dump() | {"synth": identity.model_dump()})
    begin_dataset(folder, about, resume=False)
    renderer = BlockRenderer(made_of, about, OtherSynth())
    make_dataset(folder, about, render_in_threads(renderer, workers=1))
    return Dataset(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return [tiny_data(folder / "tiny"), other_data(folder / "other")]


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return folder, train_together(data, TRAINING, folder, device=CPU)


def test_each_synth_has_a_folder_with_the_same_encoder(trained):
    folder, models = trained
    assert sorted(path.name for path in folder.iterdir()) == ["other", "tiny"]
    first, second = (model.network for model in models)
    for one, other in zip(first.encoder.parameters(), second.encoder.parameters(), strict=True):
        assert torch.equal(one, other)
    assert EstimatorModel.read(folder / "other").card.synth.name == "other"
    assert len(second.space) == len(first.space) - 1


def test_both_learn(trained):
    for model in trained[1]:
        assert model.card.scores["wave.param_accuracy"] > 0.7


def test_a_sound_of_one_synth_is_answered_by_the_other(trained, data):
    """Both play the same waves, so the encoder's neighbours in the other synth have them too."""
    _, other = trained[1]
    rows = data[0].rows("test")
    heard = other.hear(torch.from_numpy(data[0].read("features", rows)).float())
    answers = other.network.space.values(other.network.answer(heard, torch.zeros(len(rows), 3)))
    column = other.network.space.names.index("wave")
    place = TinySynth.space.names.index("wave")
    right = answers[:, column] == data[0].values(rows)[:, place]
    assert right.mean() > 0.65


def test_the_divergence_is_connected_and_annealed(data):
    """In published code it was not connected: its gradient was nothing."""
    network = build_estimator(
        "vae", RelaxedSpace.of(data[0].subspace), (8, 4), seed=0, **SMALL["vae"]
    )
    heard, note = torch.randn(6, 8, 4), torch.zeros(6, 3)
    relaxed = network.space.relax(np.full((6, len(network.space)), 0.5))
    _, divergence = network.terms(heard, note, relaxed, torch.Generator())
    assert (divergence > 0).all()
    divergence.sum().backward()
    assert (network.posterior.weight.grad.abs().sum(1) > 0).all()
    assert (network.encoder.first.weight.grad != 0).any()

    class Nothing:
        def batch(self, step):
            return None

    source = TogetherSource([Nothing()], rising=10)
    assert [source.batch(step).annealed for step in (0, 5, 10, 50)] == [0, 0.5, 1, 1]


def test_a_heavy_divergence_narrows_the_latent_space(data, tmp_path):
    kept = []
    for thousandths in (1, 500):
        options = SMALL["vae"] | {"thousandths": thousandths}
        training = dataclasses.replace(TRAINING, options=options)
        model = train_together(data, training, tmp_path / str(thousandths), device=CPU)[0]
        rows = data[0].rows("test")
        heard = model.hear(torch.from_numpy(data[0].read("features", rows)).float())
        kept.append(float(model.network.encode(heard, torch.zeros(len(rows), 3))[0].std(0).mean()))
    assert kept[1] < 0.5 * kept[0]


def test_a_sweep_of_the_latent_space_moves_the_preset_steadily(trained, data):
    network = trained[1][0].network
    z = torch.zeros(9, SMALL["vae"]["latent"])
    z[:, 0] = torch.linspace(-2, 2, 9)
    soft = network.heads.soft(network.decode(z, torch.zeros(9, 3)))
    steps = soft.diff(dim=0).abs().mean(1)
    assert (steps > 0).all()
    assert steps.max() < 0.2


def test_what_does_not_go_together_is_told(data, tmp_path):
    flow = dataclasses.replace(TRAINING, estimator="flow", options={})
    with pytest.raises(SurrogateError, match="need the estimator vae"):
        train_together(data, flow, tmp_path / "m", device=CPU)
    with pytest.raises(SurrogateError, match="same synth"):
        train_together([data[0], data[0]], TRAINING, tmp_path / "m", device=CPU)
