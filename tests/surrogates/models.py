"""Small models of the tiny synth, trained in a second."""

import torch

from patchwright.surrogates.training.proxy import ProxyTraining, train_proxy
from patchwright.surrogates.training.trainer import TrainingSettings
from tests.surrogates.tiny import make, recipe

torch.set_num_threads(1)

SETTINGS = TrainingSettings(steps=60, batch=32, rate=5e-3, warmup=5, average=0.9, every=20)
TRAINING = ProxyTraining(
    options={"hidden": 32, "blocks": 2}, components=12, members=2, settings=SETTINGS
)
CPU = torch.device("cpu")


def tiny_data(folder, presets=200):
    return make(folder, recipe(presets=presets))


def tiny_model(data, folder, training=TRAINING, **options):
    return train_proxy(data, training, folder, device=CPU, **options)
