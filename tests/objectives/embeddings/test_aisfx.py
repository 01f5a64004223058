"""aiSFX against Essentia and the package's own network; the package itself is optional."""

import importlib
import sys

import pytest
import torch

from patchwright.objectives import ObjectiveError, Spectra
from patchwright.objectives.embeddings import installed_networks, load_embedding
from patchwright.objectives.embeddings.aisfx import AISFX, EmbeddingNet, log_mel
from tests.objectives.embeddings.pretrained import fill, waves

package = pytest.mark.skipif(
    not AISFX.installed(), reason="aisfx is missing: pip install --no-deps aisfx==0.1.2"
)


def test_levels_equal_essentias():
    # values by essentia 2.1b6.dev1438: FrameGenerator, Windowing (hann, not normalised), Spectrum
    # and MelBands (96, htkMel, warping, unit_sum, power), then log10(1 + 10000 x)
    levels = log_mel(0.3 * waves((1, 5_000), 0.5))[0] * 9.457798957824707
    assert levels.shape == (6, 96)
    some = levels[[0, 1, 3, 4, 5], [0, 20, 50, 80, 95]]
    expected = torch.tensor([5.263669, 5.427586, 5.705134, 5.553245, 5.054416])
    torch.testing.assert_close(some, expected, rtol=0, atol=1e-5)
    assert levels.double().sum().item() == pytest.approx(3098.93022, rel=1e-6)
    assert not log_mel(torch.zeros(1, 3_000)).any()


def test_vectors_equal_those_of_the_published_network():
    # values by EmbeddingNet('max', 3, 1, 64) of aisfx 0.1.2 with the same weights
    network = EmbeddingNet()
    network.load_state_dict(fill(network.state_dict()))
    with torch.no_grad():
        vectors = network.eval()(waves((2, 100, 96), 0.5).abs())
    assert vectors.shape == (2, 512)
    some = vectors.flatten()[[100, 511, 1000]]
    torch.testing.assert_close(some, torch.tensor([0.0242, 0.0639, 0.5247]), rtol=0, atol=1e-4)
    assert vectors.double().sum().item() == pytest.approx(683.7983, rel=1e-5)


@package
def test_the_installed_weights_give_the_packages_vectors():
    aisfx, network = AISFX(), importlib.import_module("aisfx.models.cnn2d")
    reference = network.EmbeddingNet("max", 3, 1, 64)
    reference.load_state_dict(aisfx.network.network.state_dict())
    audio = 0.3 * waves((1, 44_100), 0.5)
    spectrogram = torch.zeros(1, 100, 96)
    spectrogram[:, :45] = log_mel(audio)
    with torch.no_grad():
        expected = reference.eval()(spectrogram)
    torch.testing.assert_close(aisfx.embed(Spectra(audio[None], 44_100)), expected)


@package
@pytest.mark.parametrize(("seconds", "blocks"), [(0.001, 1), (2.2, 1), (2.4, 2), (3.6, 3)])
def test_blocks_cover_the_sound(seconds, blocks):
    sounds = Spectra(0.3 * waves((2, 1, round(44_100 * seconds)), 0.0), 44_100)
    aisfx = load_embedding("aisfx")
    frames = aisfx.frames(sounds)
    assert frames.shape == (2, blocks, 512)
    assert frames.isfinite().all()
    torch.testing.assert_close(aisfx.embed(sounds), frames.mean(1))


def test_a_missing_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert installed_networks() == {}
    with pytest.raises(ObjectiveError, match=r"pip install --no-deps aisfx==0\.1\.2"):
        load_embedding("aisfx")


def test_other_weights_are_refused_and_the_package_is_never_imported(monkeypatch, tmp_path):
    models = tmp_path / "aisfx" / "models"
    models.mkdir(parents=True)
    (tmp_path / "aisfx" / "__init__.py").write_text("raise SystemExit('imported')")
    (models / "checkpoint.pth").write_bytes(b"\x80\x02c__builtin__\nprint\n.")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "aisfx", raising=False)
    assert installed_networks() == {"aisfx": "0.1.2"}
    with pytest.raises(ObjectiveError, match=r"not hold the weights .* pip install --no-deps"):
        load_embedding("aisfx")
