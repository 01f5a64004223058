"""aiSFX: a convolutional network trained to index libraries of sound effects."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.objectives.embeddings.kaldi_mel import kaldi_mel_filters
from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.weights import Weights
from patchwright.objectives.target import ObjectiveError

SAMPLE_RATE = 44_100
N_FFT, HOP, N_MELS = 2048, 1024, 96
BLOCK, STEP = 100, 50
"""Frames that one vector is computed from, 2.3 s, and frames from block to block."""

_CHANNELS = (64, 128, 256, 512)
_GAIN = 1e4
_MAX_LEVEL = 9.457798957824707  # of all spectrograms that the network was trained with
_FILE = Path("models", "checkpoint.pth")
_SHA256 = "499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5"
_SCALAR = "numpy.core.multiarray.scalar"  # as NumPy 1 wrote the name of its module
_INSTALL = "pip install --no-deps aisfx==0.1.2"


class AISFX(PretrainedEmbedding):
    """The network of the package aisfx before its classifiers: 512 values for each 2.3 s.

    Blocks follow each other every 1.2 s; the last is padded with silence. The front end is that of
    the paper, by Essentia, not the approximation by librosa that the package also has: no sound is
    scaled, so level counts. The package's own code and its outdated requirements are not needed;
    its weights are read where pip put them.

    Hears: what an archivist of sound effects would file apart: source, action, material; of a note
    also foreign partials, pitch, noise and movement; level.

    Blind to: phase; slower attacks, partly; when something happens within a block, nearly; the
    order of blocks in `embed`.

    Source:
        A. B. Ma and A. Lerch, Representation Learning for the Automatic Indexing of Sound Effects
        Libraries, 2022, arXiv:2208.09096; code MIT, weights CC BY 4.0, from the package aisfx.

    Attributes:
        version: Version of the package whose weights these are.
    """

    version = "0.1.2"

    def __init__(self) -> None:
        """Load the weights of the installed package.

        Raises:
            ObjectiveError: The package is missing, or its weights are not those of aisfx 0.1.2.
        """
        path = _installed_file()
        if path is None:
            raise ObjectiveError(f"aisfx is not installed: {_INSTALL}.")
        with torch.device("meta"):
            network = EmbeddingNet()
        _read(path).fill(network)
        super().__init__("aisfx", SAMPLE_RATE, _Blocks(network))

    @staticmethod
    def installed() -> bool:
        """Return whether the package is there; it is not imported."""
        return _installed_file() is not None


def _installed_file() -> Path | None:
    """Return the file of weights in the installed package; None without one."""
    spec = importlib.util.find_spec("aisfx")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / _FILE).is_file():
            return path
    return None


def _read(path: Path) -> Weights:
    """Read the embedding's tensors from the one known file.

    It is a pickle, which torch reads here without running any code: tensors, texts, and NumPy's
    numbers, in which the sizes of the classifiers are written.

    Raises:
        ObjectiveError: The file is another one, or cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ObjectiveError(f"{path} cannot be read ({error.strerror}): {_INSTALL}.") from error
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ObjectiveError(f"{path} does not hold the weights of aisfx 0.1.2: {_INSTALL}.")
    number = (importlib.import_module("numpy._core.multiarray").scalar, _SCALAR)
    with torch.serialization.safe_globals([number, np.dtype, np.dtypes.Int64DType]):
        state, _ = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    prefix = "embedding_net."
    own = {
        name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        if name.startswith(prefix)
    }
    return Weights(path, own)


class EmbeddingNet(nn.Module):
    """Four blocks of two convolutions; the mean over frequency and the maximum over time.

    Source:
        `EmbeddingNet` in alisonbma/aisfx (MIT), which is `Cnn_9layers` of Q. Kong et al., DCASE
        2018 Challenge baseline with convolutional neural networks, 2018, arXiv:1808.00773.
    """

    def __init__(self) -> None:
        super().__init__()
        for number, (before, out) in enumerate(pairwise((1, *_CHANNELS)), start=1):
            self.add_module(f"conv_block{number}", ConvBlock(before, out))

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Embed spectrograms `[blocks, 100, 96]`: vectors `[blocks, 512]`."""
        features = spectrograms[:, None]
        for number, block in enumerate(self.children(), start=1):
            features = block(features)
            if number < len(_CHANNELS):
                features = functional.max_pool2d(features, 2)
        return features.mean(3).amax(2)


class ConvBlock(nn.Module):
    """Two convolutions of 3 x 3, each normalised and rectified."""

    def __init__(self, before: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, features: Tensor) -> Tensor:
        """Map features `[n, before, frames, bands]` to `[n, out, frames, bands]`."""
        features = torch.relu(self.bn1(self.conv1(features)))
        return torch.relu(self.bn2(self.conv2(features)))


class _Blocks(nn.Module):
    """Front end, blocks and network."""

    def __init__(self, network: EmbeddingNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, audio: Tensor) -> Tensor:
        """Embed samples `[1, t]` at 44.1 kHz: vectors `[1, blocks, 512]`."""
        levels = log_mel(audio)[0]
        n_blocks = 1 + max(0, -(-(len(levels) - BLOCK) // STEP))
        missing = BLOCK + (n_blocks - 1) * STEP - len(levels)
        blocks = functional.pad(levels, (0, 0, 0, missing)).unfold(0, BLOCK, STEP).transpose(1, 2)
        vectors: Tensor = self.network(blocks)
        return vectors[None]


def log_mel(audio: Tensor) -> Tensor:
    """Compute log mel spectrograms, scaled as in the training of the network.

        L = log10(1 + 10000 M |STFT(x)|²) / 9.4578

    The transform has a symmetric Hann window of 2048 samples, a hop of 1024, and silence around;
    M are 96 triangles with straight edges in mels, from 0 Hz to half the sample rate, whose weights
    have a sum of 1.

    Args:
        audio: Samples `[n, t]` at 44.1 kHz, float32.

    Returns:
        Levels `[n, frames, 96]`, with `1 + ceil(t / 1024)` frames; 0 for silence, and near 1 for
        a tone at full scale.

    Source:
        `spectrogram_essentia.py` in alisonbma/aisfx; Essentia's FrameCutter, Windowing, Spectrum
        and MelBands.
    """
    padded = functional.pad(audio, (N_FFT // 2, N_FFT // 2 + -audio.shape[1] % HOP))
    window, bank = _front_end(audio.dtype, audio.device)
    spectrum = torch.fft.rfft(padded.unfold(-1, N_FFT, HOP) * window)
    power = torch.view_as_real(spectrum).square().sum(-1)
    return torch.log10(1.0 + _GAIN * (power @ bank)) / _MAX_LEVEL


@lru_cache(maxsize=4)
def _front_end(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the window `[2048]` and the mel bank `[1025, 96]`; cached."""
    filters = kaldi_mel_filters(SAMPLE_RATE, N_FFT, N_MELS, SAMPLE_RATE / 2)
    filters /= filters.sum(1, keepdims=True)
    window = torch.hann_window(N_FFT, periodic=False, dtype=torch.float64)
    bank = torch.from_numpy(filters.T.copy())
    return window.to(dtype=dtype, device=device), bank.to(dtype=dtype, device=device)
