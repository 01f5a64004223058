"""The shared front end: spectrograms of a batch, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.elementwise import modulus
from patchwright.objectives.signal.mel import mel_bank
from patchwright.objectives.signal.scratch import Scratch


@dataclass(frozen=True)
class STFTConfig:
    """A short-time Fourier transform with a periodic Hann window and centred frames.

    Attributes:
        n_fft: FFT length in samples.
        hop: Hop between frames in samples.
        window_length: Window length in samples, at most `n_fft`; centred in the FFT.
        pad_mode: Padding of the ends: the mirrored sound (`reflect`, as in torch.stft) or silence
            (`constant`, as in librosa).
    """

    n_fft: int
    hop: int
    window_length: int
    pad_mode: Literal["reflect", "constant"]

    @property
    def n_bins(self) -> int:
        """Number of frequency bins from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def min_samples(self) -> int:
        """Minimum length of a sound: mirroring needs more than half an FFT."""
        return self.n_fft // 2 + 1 if self.pad_mode == "reflect" else 1

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound of `n_samples` samples."""
        return 1 + (n_samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop


LIBROSA_STFT = STFTConfig(n_fft=2048, hop=512, window_length=2048, pad_mode="constant")
"""The default transform of librosa's features."""


@dataclass(frozen=True)
class MelConfig:
    """A mel power spectrogram.

    Attributes:
        stft: Short-time Fourier transform.
        n_mels: Number of bands from 0 Hz to half the sample rate.
    """

    stft: STFTConfig
    n_mels: int


LIBROSA_MEL = MelConfig(LIBROSA_STFT, n_mels=128)
"""The default mel spectrogram of librosa's features."""


class Spectra:
    """A batch of sounds whose spectrograms are computed once, on demand.

    Returned tensors must not be written to.

    Attributes:
        audio: Samples `[n, c, t]`, float32 or float64, on any device.
        sr: Sample rate in Hz.
        scratch: Memory to reuse; None to allocate new memory, as gradients need.

    Examples:
        >>> sounds = Spectra(torch.zeros(2, 1, 22_050), sr=22_050)
        >>> sounds.power(LIBROSA_STFT).shape  # [n, c, frames, bins]
        torch.Size([2, 1, 44, 1025])
        >>> sounds.mel_power(LIBROSA_MEL).shape
        torch.Size([2, 1, 44, 128])
    """

    def __init__(self, audio: Tensor, sr: int, *, scratch: Scratch | None = None) -> None:
        self.audio = audio
        self.sr = sr
        self.scratch = None if torch.is_grad_enabled() else scratch
        self._spectrum: dict[STFTConfig, Tensor] = {}
        self._magnitude: dict[STFTConfig, Tensor] = {}
        self._power: dict[STFTConfig, Tensor] = {}
        self._mel_power: dict[MelConfig, Tensor] = {}

    def out(self, name: str, shape: tuple[int, ...]) -> Tensor | None:
        """Return scratch memory for the `out` argument of an operation; None to allocate."""
        if self.scratch is None:
            return None
        return self.scratch.take(name, shape, self.audio.dtype)

    def spectrum(self, config: STFTConfig) -> Tensor:
        """Return the complex transform, `[n, c, frames, bins]`.

        Phases refer to each FFT's first sample, as in `torch.stft(..., center=True)` and
        `librosa.stft`.
        """
        if config not in self._spectrum:
            frames = _frames(self.audio, config)
            window = _window(config, self.audio.dtype, self.audio.device)
            out = self.out("windowed", tuple(frames.shape))
            self._spectrum[config] = torch.fft.rfft(torch.mul(frames, window, out=out))
        return self._spectrum[config]

    def magnitude(self, config: STFTConfig) -> Tensor:
        """Return magnitudes, `[n, c, frames, bins]`; their gradient at silence is 0."""
        if config not in self._magnitude:
            spectrum = self.spectrum(config)
            out = self.out(f"magnitude {config}", tuple(spectrum.shape))
            self._magnitude[config] = modulus(spectrum, out=out)
        return self._magnitude[config]

    def power(self, config: STFTConfig) -> Tensor:
        """Return squared magnitudes, `[n, c, frames, bins]`."""
        if config not in self._power:
            magnitude = self.magnitude(config)
            out = self.out(f"power {config}", tuple(magnitude.shape))
            self._power[config] = torch.mul(magnitude, magnitude, out=out)
        return self._power[config]

    def mel_power(self, config: MelConfig) -> Tensor:
        """Return the power in Slaney's mel bands, `[n, c, frames, n_mels]`."""
        if config not in self._mel_power:
            power = self.power(config.stft)
            bank = mel_bank(self.sr, config.stft.n_fft, config.n_mels, power.dtype, power.device)
            self._mel_power[config] = power @ bank
        return self._mel_power[config]


def _frames(audio: Tensor, config: STFTConfig) -> Tensor:
    """Return the samples of each FFT, `[n, c, frames, n_fft]`, as a view of a padded copy."""
    n_samples = audio.shape[-1]
    left = config.n_fft // 2
    if config.pad_mode == "constant":
        padded = functional.pad(audio, (left, left))
    else:  # mode="reflect" in a quarter of the time
        before = audio[..., 1 : left + 1].flip(-1)
        after = audio[..., n_samples - left - 1 : n_samples - 1].flip(-1)
        padded = torch.cat((before, audio, after), dim=-1)
    return padded.unfold(-1, config.n_fft, config.hop)


@lru_cache(maxsize=128)
def _window(config: STFTConfig, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the periodic Hann window, zero-padded to `[n_fft]`; cached."""
    window = torch.hann_window(config.window_length, periodic=True, dtype=torch.float64)
    left = (config.n_fft - config.window_length) // 2
    window = functional.pad(window, (left, config.n_fft - config.window_length - left))
    return window.to(dtype=dtype, device=device)
