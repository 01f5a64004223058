import pytest
import torch

from patchwright.objectives import Spectra
from patchwright.objectives.embeddings.efficientat import EfficientAT
from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.openl3 import OpenL3
from patchwright.objectives.embeddings.passt import PaSST
from patchwright.objectives.embeddings.resample import resample
from tests.objectives.embeddings.pretrained import save, states, waves

SIZES = {EfficientAT: 96, PaSST: 64, OpenL3: 10}


@pytest.fixture(scope="module", params=sorted(SIZES, key=lambda family: family.__name__))
def embedding(request, tmp_path_factory):
    """A small model of each family, and the size of its vectors."""
    family = request.param
    path = save(states()[family], tmp_path_factory.mktemp("weights") / "small.safetensors")
    return family(path), SIZES[family]


def sounds(n=3, channels=1, seconds=0.9, sr=44_100):
    return 0.3 * waves((n, channels, int(seconds * sr)), 0.0)


def test_frames_and_whole_sounds(embedding):
    model, size = embedding
    assert isinstance(model, Embedding)
    batch = Spectra(sounds(), 44_100)
    frames, vectors = model.frames(batch), model.embed(batch)
    assert frames.shape[0] == 3
    assert frames.shape[2] == size
    torch.testing.assert_close(vectors, frames.mean(1))
    assert torch.equal(vectors, model.embed(batch))
    # different sounds are further apart than rounding errors
    assert torch.pdist(vectors).min() > 1e-2


def test_a_sound_has_the_same_bits_in_any_batch(embedding):
    model, _ = embedding
    audio = sounds(n=4)
    whole = model.frames(Spectra(audio, 32_000))
    for index in range(4):
        assert torch.equal(model.frames(Spectra(audio[index : index + 1], 32_000))[0], whole[index])
    assert torch.equal(model.frames(Spectra(audio.flip(0), 32_000)), whole.flip(0))


def test_channels_are_mixed(embedding):
    model, _ = embedding
    audio = sounds(n=2, channels=2)
    mono = model.embed(Spectra(audio.mean(1, keepdim=True), 44_100))
    assert torch.equal(model.embed(Spectra(audio, 44_100)), mono)


def test_number_types_agree(embedding):
    model, _ = embedding
    vectors = model.embed(Spectra(sounds(), 44_100))
    assert torch.equal(model.embed(Spectra(sounds().double(), 44_100)), vectors)


@pytest.mark.parametrize("sr", [16_000, 44_100, 96_000])
def test_sounds_are_taken_to_the_rate_of_the_network(embedding, sr):
    model, _ = embedding
    audio = sounds(sr=sr)
    resampled = resample(audio[:, 0], sr, model.sr)[:, None]
    assert torch.equal(model.embed(Spectra(audio, sr)), model.embed(Spectra(resampled, model.sr)))


@pytest.mark.parametrize("n_samples", [1, 2, 600, 5000])
def test_sounds_shorter_than_a_window(embedding, n_samples):
    model, size = embedding
    vectors = model.embed(Spectra(sounds()[..., :n_samples], 44_100))
    assert vectors.shape == (3, size)
    assert vectors.isfinite().all()


def test_silence_has_a_vector_and_a_gradient(embedding):
    model, size = embedding
    silence = torch.zeros(1, 1, 20_000, requires_grad=True)
    vectors = model.embed(Spectra(silence, 44_100))
    assert vectors.shape == (1, size)
    assert vectors.isfinite().all()
    vectors.square().sum().backward()
    assert silence.grad.isfinite().all()


def test_the_gradient_is_that_of_a_small_step(embedding):
    model, _ = embedding
    audio = sounds(n=1).requires_grad_()
    model.embed(Spectra(audio, 44_100)).square().sum().backward()
    direction = audio.grad / audio.grad.norm()
    step = 1e-3

    def value(sign):
        moved = audio.detach() + sign * step * direction
        return model.embed(Spectra(moved, 44_100)).square().sum()

    slope = (value(1) - value(-1)) / (2 * step)
    # the networks are float32, so a small step is mostly rounding; on some processors 8 % of it
    assert slope.item() == pytest.approx(audio.grad.norm().item(), rel=0.15)
