"""OpenL3: a network that learnt which second of sound belongs to which picture of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.weights import Weights, read_weights
from patchwright.objectives.target import ObjectiveError

SAMPLE_RATE = 48_000
N_FFT = 2048
_WINDOW = SAMPLE_RATE
_STFT_HOP = 242
# "Same" padding of the one-second window, as Keras does it: 199 frames.
_PAD = (N_FFT - _WINDOW % _STFT_HOP) // 2
_LEAST_POWER = 1e-20
_RANGE = 80.0
_WINDOWS_AT_ONCE = 8

_CONVOLUTIONS = (*(f"conv2d_{index}" for index in range(1, 8)), "audio_embedding_layer")
_HALVED_BEFORE = ("conv2d_3", "conv2d_5", "conv2d_7")


class OpenL3(PretrainedEmbedding):
    """The last layer of OpenL3's audio network, over windows of one second.

    Windows are spaced evenly; the first is centred on the start, and the last reaches beyond the
    end, both into silence. Bands (128 or 256) and content (music or environment) are those of the
    file. A vector has 512 numbers, the maximum of each channel over the window, or 6144, that of
    each twelfth of it.

    Blind to phase, to level (each window is taken relative to its maximum) and to what is 160 dB
    below that, and to the order of windows in `embed`.

    Source:
        J. Cramer, H.-H. Wu, J. Salamon and J. Bello, Look, Listen and Learn More: Design Choices
        for Deep Audio Embeddings, 2019; marl/openl3 (MIT) as ported by
        torchopenl3/torchopenl3 (Apache 2.0).
    """

    def __init__(
        self, weights: Path, *, size: Literal[512, 6144] = 512, hop_seconds: float = 0.5
    ) -> None:
        """Load a model.

        Args:
            weights: A state dict of torchopenl3 (`torchopenl3_mel256_music_512.pth.tar` and the
                like; those of 512 and 6144 hold the same numbers), converted to safetensors with
                its names as they are.
            size: Numbers in a vector.
            hop_seconds: From window to window; the library's own default is 0.1, at five times
                the work.

        Raises:
            ObjectiveError: The file is not there, cannot be read, or is of another model (those
                with linear spectrograms are not supported), or an argument cannot be.
        """
        if size not in (512, 6144):
            raise ObjectiveError(f"OpenL3 has no vectors of {size} numbers: give 512 or 6144.")
        if not 0.01 <= hop_seconds <= 1:
            raise ObjectiveError(f"OpenL3 windows cannot be {hop_seconds} s apart: give 0.01 to 1.")
        file = read_weights(
            weights, model="an OpenL3 model such as mel256_music from torchopenl3/torchopenl3"
        )
        n_mels, n_bins = file.shape("speclayer.mel_basis", 2)
        if n_mels not in (128, 256) or n_bins != N_FFT // 2 + 1:
            raise ObjectiveError(
                f"{weights} has a mel bank of {n_mels} bands and {n_bins} bins: give a model of "
                "128 or 256 bands (mel128, mel256)."
            )
        channels = [file.shape(f"{name}.weight", 4)[0] for name in _CONVOLUTIONS]
        with torch.device("meta"):
            network = nn.ModuleDict(_layers(channels))
        _without_front_end(file).fill(network)
        windows = _Windows(
            network, file.tensors["speclayer.mel_basis"], size, round(hop_seconds * SAMPLE_RATE)
        )
        super().__init__(f"openl3_{weights.stem}", SAMPLE_RATE, windows)


def _without_front_end(file: Weights) -> Weights:
    """The network's own tensors: the front end is Fourier's sines and cosines, and mel bands."""
    front_end = {"speclayer.dft_real_kernels", "speclayer.dft_imag_kernels", "speclayer.mel_basis"}
    rest = {name: tensor for name, tensor in file.tensors.items() if name not in front_end}
    return Weights(file.path, rest)


def _layers(channels: list[int]) -> dict[str, nn.Module]:
    """Layers by their published names, for convolutions of so many channels."""
    layers: dict[str, nn.Module] = {}
    before = 1
    for index, (name, out) in enumerate(zip(_CONVOLUTIONS, channels, strict=True), start=1):
        layers[f"batch_normalization_{index}"] = nn.BatchNorm2d(before, eps=0.001)
        layers[name] = nn.Conv2d(before, out, 3, padding=1)
        before = out
    return layers


class _Windows(nn.Module):
    """The windows of a sound, the front end, the network, and the maxima."""

    def __init__(self, network: nn.ModuleDict, bank: Tensor, size: int, hop: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("bank", bank)
        self.hop = hop
        # The map that leaves the network is `n_mels / 8` by 24.
        rows = bank.shape[0] // 8
        self.pool = (rows, 24) if size == 512 else (rows // 4, 8)

    def forward(self, audio: Tensor) -> Tensor:
        """`[1, t]` at 48 kHz to `[1, windows, e]`."""
        windows = centred_windows(audio[0], self.hop)
        # A few at a time: the first layers of each take some 30 MB.
        parts = windows.tensor_split(-(-len(windows) // _WINDOWS_AT_ONCE))
        return torch.cat([self._embed(part) for part in parts])[None]

    def _embed(self, windows: Tensor) -> Tensor:
        """Vectors `[windows, e]`, ordered as Keras does: frequency, time, channel."""
        features = log_mel(windows, self.get_buffer("bank"))[:, None]
        for index, name in enumerate(_CONVOLUTIONS, start=1):
            features = self.network[f"batch_normalization_{index}"](features)
            if index > 1:  # The first normalisation is of the spectrogram itself.
                features = torch.relu(features)
            if name in _HALVED_BEFORE:
                features = functional.max_pool2d(features, 2)
            features = self.network[name](features)
        return functional.max_pool2d(features, self.pool).permute(0, 2, 3, 1).flatten(1)


def centred_windows(audio: Tensor, hop: int) -> Tensor:
    """Windows of one second; the first is centred on the start, the last covers the end.

    Args:
        audio: Samples `[t]` at 48 kHz.
        hop: Samples from window to window.

    Returns:
        `[windows, 48000]`.
    """
    n_samples = audio.shape[0] + _WINDOW // 2
    n_windows = 1 + max(0, -(-(n_samples - _WINDOW) // hop))
    after = (n_windows - 1) * hop + _WINDOW - n_samples
    return functional.pad(audio, (_WINDOW // 2, after)).unfold(0, _WINDOW, hop)


def log_mel(windows: Tensor, bank: Tensor) -> Tensor:
    """Mel magnitudes in `10 log10`, relative to each window's maximum and at most 80 below it.

    Args:
        windows: Samples `[windows, 48000]`.
        bank: Mel bands `[n_mels, 1025]`, which powers are weighed with.

    Returns:
        `[windows, n_mels, 199]`; 0 everywhere for silence.

    Source:
        `Melspectrogram` of kapre 0.1.4, which the models were trained with.
    """
    padded = functional.pad(windows, (_PAD, _PAD))
    spectrum = torch.stft(
        padded,
        N_FFT,
        hop_length=_STFT_HOP,
        window=torch.hann_window(N_FFT, dtype=windows.dtype, device=windows.device),
        center=False,
        return_complex=True,
    )
    power = bank @ torch.view_as_real(spectrum).square().sum(-1)
    # Half the logarithm of the power, as the root has no finite slope at silence.
    level = 5 * torch.log10(power.clamp(min=_LEAST_POWER))
    return (level - level.amax((1, 2), keepdim=True)).clamp(min=-_RANGE)
