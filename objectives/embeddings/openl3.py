"""OpenL3: a network trained to match seconds of sound with frames of video."""

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
# "same" padding of the one-second window, as in Keras: 199 frames
_PAD = (N_FFT - _WINDOW % _STFT_HOP) // 2
_MIN_POWER = 1e-20
_RANGE = 80.0
_WINDOWS_AT_ONCE = 8

_CONVOLUTIONS = (*(f"conv2d_{index}" for index in range(1, 8)), "audio_embedding_layer")
_HALVED_BEFORE = ("conv2d_3", "conv2d_5", "conv2d_7")


class OpenL3(PretrainedEmbedding):
    """The last layer of OpenL3's audio network, over windows of one second.

    Windows are evenly spaced; the first is centred on the start and the last reaches beyond the
    end, both into silence. Bands (128 or 256) and content (music or environment) are those of the
    file. A vector has 512 values, the maximum of each channel over the window, or 6144, the maxima
    over each twelfth of it.

    Hears: what tells which frame of a video a second of sound belongs to.

    Blind to: phase; level, as each window is relative to its maximum; whatever is 160 dB below
    that; the order of windows in `embed`.

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
            weights: State dict of torchopenl3 (such as `torchopenl3_mel256_music_512.pth.tar`;
                the files for 512 and 6144 hold the same weights), converted to safetensors
                without renaming.
            size: Values per vector.
            hop_seconds: Hop between windows in seconds; the library's default is 0.1, at five
                times the cost.

        Raises:
            ObjectiveError: The file is missing, cannot be read, or is of another model (models
                with linear spectrograms are not supported), or an argument is out of range.
        """
        if size not in (512, 6144):
            raise ObjectiveError(f"OpenL3 has no vectors of {size} values: give 512 or 6144.")
        if not 0.01 <= hop_seconds <= 1:
            raise ObjectiveError(f"OpenL3's hop must be 0.01 to 1 s, not {hop_seconds}: change it.")
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
    """Return the network's own tensors, without Fourier kernels and mel bands."""
    front_end = {"speclayer.dft_real_kernels", "speclayer.dft_imag_kernels", "speclayer.mel_basis"}
    rest = {name: tensor for name, tensor in file.tensors.items() if name not in front_end}
    return Weights(file.path, rest)


def _layers(channels: list[int]) -> dict[str, nn.Module]:
    """Build the layers by their published names, given the channels of each convolution."""
    layers: dict[str, nn.Module] = {}
    before = 1
    for index, (name, out) in enumerate(zip(_CONVOLUTIONS, channels, strict=True), start=1):
        layers[f"batch_normalization_{index}"] = nn.BatchNorm2d(before, eps=0.001)
        layers[name] = nn.Conv2d(before, out, 3, padding=1)
        before = out
    return layers


class _Windows(nn.Module):
    """Windows of a sound, front end, network and maxima."""

    def __init__(self, network: nn.ModuleDict, bank: Tensor, size: int, hop: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("bank", bank)
        self.hop = hop
        # the network's output is `n_mels / 8` by 24
        rows = bank.shape[0] // 8
        self.pool = (rows, 24) if size == 512 else (rows // 4, 8)

    def forward(self, audio: Tensor) -> Tensor:
        """Embed samples `[1, t]` at 48 kHz: vectors `[1, windows, e]`."""
        windows = centred_windows(audio[0], self.hop)
        # a few at a time: the first layers take some 30 MB per window
        parts = windows.tensor_split(-(-len(windows) // _WINDOWS_AT_ONCE))
        return torch.cat([self._embed(part) for part in parts])[None]

    def _embed(self, windows: Tensor) -> Tensor:
        """Embed windows: vectors `[windows, e]` in Keras's order of frequency, time, channel."""
        features = log_mel(windows, self.get_buffer("bank"))[:, None]
        for index, name in enumerate(_CONVOLUTIONS, start=1):
            features = self.network[f"batch_normalization_{index}"](features)
            if index > 1:  # the first normalisation is of the spectrogram itself
                features = torch.relu(features)
            if name in _HALVED_BEFORE:
                features = functional.max_pool2d(features, 2)
            features = self.network[name](features)
        return functional.max_pool2d(features, self.pool).permute(0, 2, 3, 1).flatten(1)


def centred_windows(audio: Tensor, hop: int) -> Tensor:
    """Split a sound into windows of one second, the first centred on the start.

    Args:
        audio: Samples `[t]` at 48 kHz.
        hop: Hop between windows in samples.

    Returns:
        Windows `[windows, 48000]`; the last covers the end.
    """
    n_samples = audio.shape[0] + _WINDOW // 2
    n_windows = 1 + max(0, -(-(n_samples - _WINDOW) // hop))
    after = (n_windows - 1) * hop + _WINDOW - n_samples
    return functional.pad(audio, (_WINDOW // 2, after)).unfold(0, _WINDOW, hop)


def log_mel(windows: Tensor, bank: Tensor) -> Tensor:
    """Compute log mel spectrograms of windows.

        L = max(-80, 5 log10(M |STFT|²) - max 5 log10(M |STFT|²))

    The factor is 5 because the models were trained with 10 log10 of magnitudes.

    Args:
        windows: Samples `[windows, 48000]`.
        bank: Mel bands M, `[n_mels, 1025]`.

    Returns:
        Spectrograms `[windows, n_mels, 199]`; 0 for silence.

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
    # half the logarithm of the power, because the gradient of its root is infinite at silence
    level = 5 * torch.log10(power.clamp(min=_MIN_POWER))
    return (level - level.amax((1, 2), keepdim=True)).clamp(min=-_RANGE)
