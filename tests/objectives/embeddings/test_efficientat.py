import math

import pytest
import torch

from patchwright.objectives import Spectra
from patchwright.objectives.embeddings.efficientat import EfficientAT
from patchwright.objectives.embeddings.mobilenet import MobileNet
from tests.objectives.embeddings.pretrained import fill, save, waves

EXCITED = {4, 5, 6, 11, 12, 13, 14, 15}


def published_names():
    """Return the names in the state dict of `MN` in fschmid56/EfficientAT, for widths from 0.4."""

    def convolution(prefix):
        normalisation = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        return {f"{prefix}.0.weight", *(f"{prefix}.1.{part}" for part in normalisation)}

    names = convolution("features.0") | convolution("features.16")
    for block in range(1, 16):
        parts = ["depthwise", "project"] if block == 1 else ["expand", "depthwise", "project"]
        if block in EXCITED:
            parts.insert(2, "excite")
        for index, part in enumerate(parts):
            prefix = f"features.{block}.block.{index}"
            if part == "excite":
                linear = (f"fc{layer}.{kind}" for layer in (1, 2) for kind in ("weight", "bias"))
                names |= {f"{prefix}.conc_se_layers.0.{name}" for name in linear}
            else:
                names |= convolution(prefix)
    return names | {f"classifier.{layer}.{kind}" for layer in (2, 5) for kind in ("weight", "bias")}


def mobilenet(width):
    with torch.device("meta"):
        return MobileNet(width=width, n_classes=527)


@pytest.mark.parametrize(
    ("width", "millions"),
    [(0.4, 0.983), (0.5, 1.43), (1.0, 4.88), (2.0, 17.91), (3.0, 39.09), (4.0, 68.43)],
)
def test_sizes_are_those_of_the_published_models(width, millions):
    network = mobilenet(width)
    assert set(network.state_dict()) == published_names()
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    assert n_parameters / 1e6 == pytest.approx(millions, abs=0.006)


def test_shapes_of_mn10():
    shapes = {name: tuple(tensor.shape) for name, tensor in mobilenet(1.0).state_dict().items()}
    assert shapes["features.0.0.weight"] == (16, 1, 3, 3)
    assert shapes["features.1.block.0.0.weight"] == (16, 1, 3, 3)
    assert shapes["features.4.block.1.0.weight"] == (72, 1, 5, 5)
    assert shapes["features.4.block.2.conc_se_layers.0.fc1.weight"] == (24, 72)
    assert shapes["features.12.block.2.conc_se_layers.0.fc2.weight"] == (672, 168)
    assert shapes["features.15.block.3.0.weight"] == (160, 960, 1, 1)
    assert shapes["features.16.0.weight"] == (960, 160, 1, 1)
    assert shapes["classifier.2.weight"] == (1280, 960)
    assert shapes["classifier.5.weight"] == (527, 1280)


def test_features_equal_torchvisions():
    # values by torchvision 0.29's MobileNetV3-Large of half width, with one input channel and
    # logistic squeeze-excitation, and the same weights
    network = MobileNet(width=0.5, n_classes=5)
    network.load_state_dict(fill(network.state_dict()))
    with torch.no_grad():
        features = network.eval()(waves((1, 1, 128, 70), 0.5))
    assert features.shape == (1, 480, 4, 3)
    some = features.flatten()[[2469, 3292, 4114, 4936, 5759]]
    expected = torch.tensor([-0.358293, 11.5614, -0.20983, 0.378519, 5.3487])
    torch.testing.assert_close(some, expected, rtol=1e-4, atol=1e-4)
    assert features.double().sum().item() == pytest.approx(7481.423, rel=1e-5)


@pytest.mark.parametrize("width", [0.1, 0.4])
def test_width_is_read_from_the_file(tmp_path, width):
    state = fill(MobileNet(width=width, n_classes=7).state_dict())
    model = EfficientAT(save(state, tmp_path / "mn.safetensors"))
    frames = model.frames(Spectra(torch.zeros(1, 1, 32_000), 32_000))
    assert frames.shape == (1, math.ceil(100 / 32), 960 * width)
