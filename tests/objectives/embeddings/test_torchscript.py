import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import load_embedding, trust

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SR = 16_000


class Convolution(nn.Module):
    """Samples [n, t] to [n, 6, frames]."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(1, 6, 400, 160)

    def forward(self, samples):
        return torch.tanh(self.convolution(samples[:, None]))


class FramesFirst(Convolution):
    """Samples [n, t] to [n, frames, 6]."""

    def forward(self, samples):
        return super().forward(samples).transpose(1, 2)


class Pooled(Convolution):
    """Samples [n, t] to [n, 6]."""

    def forward(self, samples):
        return super().forward(samples).mean(2)


class WithChannels(nn.Module):
    """Samples [n, 1, t] to [n, 6]."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(1, 6, 400, 160)

    def forward(self, samples):
        return self.convolution(samples).square().mean(2)


class WithChannelsAndFrames(WithChannels):
    """Samples [n, 1, t] to [n, 6, frames]."""

    def forward(self, samples):
        return self.convolution(samples)


class FixedLength(nn.Module):
    """Samples [n, length] to [n, 6]."""

    def __init__(self, length):
        super().__init__()
        self.layer = nn.Linear(length, 6)

    def forward(self, samples):
        return self.layer(samples)


class Grid(FixedLength):
    """Samples [n, length] to [n, 2, 3]."""

    def forward(self, samples):
        return self.layer(samples).reshape(-1, 2, 3)


@pytest.fixture(autouse=True)
def _settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture
def save(tmp_path):
    """Write a module with random weights; returns the file and the module."""

    def save_module(make, *arguments, shape=(1, SR)):
        torch.manual_seed(0)
        module = make(*arguments).eval()
        path = tmp_path / "small.pt"
        torch.jit.trace(module, torch.zeros(shape)).save(path)
        trust(path)
        return path, module

    return save_module


@pytest.fixture
def audio(sound):
    return torch.from_numpy(np.stack([sound("noise", SR, 0.5, seed=k) for k in range(3)]))


def run_directly(module, samples):
    with torch.no_grad():
        return torch.cat([module(each) for each in samples.split(1)])


def test_frames_are_the_axis_that_grows(save, audio):
    for make in (Convolution, FramesFirst):
        path, module = save(make)
        expected = run_directly(module, audio[:, 0])
        expected = expected.transpose(1, 2) if make is Convolution else expected
        embedding = load_embedding(f"torch:{path}", sr=SR)
        torch.testing.assert_close(embedding.frames(Spectra(audio, SR)), expected)
        torch.testing.assert_close(embedding.embed(Spectra(audio, SR)), expected.mean(1))
    assert embedding.name == "torch_small"


def test_a_model_that_pools_has_one_frame(save, audio):
    path, module = save(Pooled)
    embedding = load_embedding(str(path), sr=SR)
    expected = run_directly(module, audio[:, 0])
    torch.testing.assert_close(embedding.embed(Spectra(audio, SR)), expected)
    assert embedding.frames(Spectra(audio, SR)).shape == (3, 1, 6)


def test_an_axis_of_channels_is_found(save, audio):
    path, module = save(WithChannels, shape=(1, 1, SR))
    found = load_embedding(str(path), sr=SR).embed(Spectra(audio, SR))
    torch.testing.assert_close(found, run_directly(module, audio))
    path, module = save(WithChannelsAndFrames, shape=(1, 1, SR))
    found = load_embedding(str(path), sr=SR).frames(Spectra(audio, SR))
    torch.testing.assert_close(found, run_directly(module, audio).transpose(1, 2))


@pytest.mark.parametrize(("length", "options"), [(SR, {}), (5_000, {"samples": 5_000})])
def test_a_fixed_length_gets_pieces(save, length, options, sound):
    path, module = save(FixedLength, length, shape=(1, length))
    audio = torch.from_numpy(sound("noise", SR, 1.2)[None])
    found = load_embedding(str(path), sr=SR, **options).frames(Spectra(audio, SR))
    n_pieces = -(-audio.shape[2] // length)
    padded = nn.functional.pad(audio[0, 0], (0, n_pieces * length - audio.shape[2]))
    expected = run_directly(module, padded.reshape(n_pieces, length))
    torch.testing.assert_close(found[0], expected, atol=1e-6, rtol=1e-5)


def test_an_axis_of_time_that_cannot_be_found_must_be_given(save, audio):
    path, module = save(Grid, SR)
    with pytest.raises(ObjectiveError, match=r"2 x 3 .*`time_axis: 1`"):
        load_embedding(str(path), sr=SR)
    expected = run_directly(module, nn.functional.pad(audio[:, 0], (0, SR // 2)))
    for time_axis, frames in ((1, expected), (2, expected.transpose(1, 2))):
        embedding = load_embedding(str(path), sr=SR, time_axis=time_axis)
        torch.testing.assert_close(
            embedding.frames(Spectra(audio, SR)), frames, atol=1e-6, rtol=1e-5
        )


def test_channels_and_rate_are_those_of_the_model(save):
    path, module = save(Pooled)
    time = torch.arange(3 * SR) / (3 * SR)
    tones = torch.sin(2 * torch.pi * torch.tensor([[440.0], [3_000.0]]) * time)
    stereo = (tones * torch.hann_window(3 * SR))[None]
    found = load_embedding(str(path), sr=SR).embed(Spectra(stereo, 3 * SR))
    every_third = stereo.mean(1)[:, ::3]
    torch.testing.assert_close(found, run_directly(module, every_third), atol=1e-5, rtol=0)


def test_gradients_pass_and_a_score_has_the_same_bits_each_time(save, sound):
    path, _ = save(Convolution)
    target = Target(sound("noise", SR, 0.3, seed=1).astype(np.float64), SR)
    scorer = ObjectiveSet([EmbeddingDistance(str(path), sr=SR, resolved=True)], target)
    rows = np.stack([sound("noise", SR, 0.3, seed=k) for k in range(2, 6)])
    first = scorer.score(rows)
    assert len(np.unique(first)) == 4
    for _ in range(3):
        np.testing.assert_array_equal(scorer.score(rows), first)
    np.testing.assert_array_equal(scorer.score(rows[2:]), first[2:])
    assert scorer.score(target.audio[None]) == 0.0

    audio = torch.from_numpy(rows[:1]).double().requires_grad_()
    (gradient,) = torch.autograd.grad(scorer.distances(audio).sum(), audio)
    direction = gradient / gradient.norm()
    with torch.no_grad():
        step = 0.02 * direction
        rise = scorer.distances(audio + step) - scorer.distances(audio - step)
    assert float(rise) / 0.04 == pytest.approx(float(gradient.norm()), rel=0.02)


class Pair(nn.Module):
    def forward(self, samples):
        return samples, samples


class Count(nn.Module):
    def forward(self, samples):
        return samples.argmax(1)


class Total(nn.Module):
    def forward(self, samples):
        return samples.sum()


class Window(nn.Module):
    def forward(self, samples):
        return samples[:, : samples.shape[1] // 2]


class Training(nn.Module):
    def forward(self, samples):
        return nn.functional.dropout(samples[:, :6], training=True)


@pytest.mark.parametrize(
    ("make", "arguments", "complaint"),
    [
        (Training, (), "different values .*model.eval"),
        (Pair, (), "gives a tuple: export one"),
        (Total, (), "gives \\[\\] for 1 sounds"),
        (Count, (), "gives \\[1\\] of torch.int64"),
        (Window, (), "for two: export one .*fixed length"),
        (FixedLength, (5_000,), "16000 samples: .*`samples`"),
    ],
)
def test_other_outputs_and_lengths_are_refused(save, make, arguments, complaint):
    path, _ = save(make, *arguments, shape=(1, *(arguments or [SR])))
    with pytest.raises(ObjectiveError, match=complaint):
        load_embedding(str(path), sr=SR)


def test_a_sound_that_is_too_short_is_refused(save, sound):
    path, _ = save(Convolution)
    objective = EmbeddingDistance(str(path), sr=SR)
    with pytest.raises(ObjectiveError, match="160 samples: give a longer"):
        objective.prepare(Target(sound("noise", SR, 0.01), SR))


class Mischief:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_pickles_are_not_read(save, tmp_path):
    mischief = Mischief(tmp_path / "made")
    torch.save({"model": mischief}, tmp_path / "pickle.pt")
    good, _ = save(Pooled)
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(tmp_path / "bad.pt", "w") as bad:
        for entry in archive.namelist():
            is_data = entry.endswith("data.pkl")
            bad.writestr(entry, pickle.dumps(mischief) if is_data else archive.read(entry))
    (tmp_path / "empty.ts").touch()
    for name in ("pickle.pt", "bad.pt", "empty.ts"):
        trust(tmp_path / name)
        with pytest.raises(ObjectiveError, match=r"torch\.jit\.save"):
            load_embedding(str(tmp_path / name), sr=SR)
    assert not mischief.folder.exists()
