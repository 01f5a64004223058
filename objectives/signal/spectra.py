"""The one front end: the spectrograms of a batch, each computed once however many ask for it."""

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
        hop: Samples from frame to frame.
        window_length: Window length in samples, at most `n_fft`; it lies in the FFT's middle.
        pad_mode: What lies beyond the ends: the sound mirrored (`reflect`, as in torch.stft) or
            silence (`constant`, as in librosa).
    """

    n_fft: int
    hop: int
    window_length: int
    pad_mode: Literal["reflect", "constant"]

    @property
    def n_bins(self) -> int:
        """Frequency bins from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def least_samples(self) -> int:
        """The shortest sound that can be transformed: a mirror needs more than half an FFT."""
        return self.n_fft // 2 + 1 if self.pad_mode == "reflect" else 1

    def n_frames(self, n_samples: int) -> int:
        """Frames of a sound of so many samples."""
        return 1 + (n_samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop


LIBROSA_STFT = STFTConfig(n_fft=2048, hop=512, window_length=2048, pad_mode="constant")
"""What librosa's features are taken of unless they are told otherwise."""


@dataclass(frozen=True)
class MelConfig:
    """A mel power spectrogram.

    Attributes:
        stft: The transform beneath.
        n_mels: Number of bands from 0 Hz to half the sample rate.
    """

    stft: STFTConfig
    n_mels: int


LIBROSA_MEL = MelConfig(LIBROSA_STFT, n_mels=128)
"""The mel spectrogram that librosa's features are taken of."""


class Spectra:
    """A batch of sounds, and its spectrograms as they are asked for.

    Attributes:
        audio: Samples `[n, c, t]`, float32 or float64, on any device.
        sr: Sample rate in Hz.
        scratch: Memory to be used again, or None to allocate afresh (as gradients need).
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
        """Where an operation may write (its `out` argument): scratch memory, or None for new."""
        if self.scratch is None:
            return None
        return self.scratch.take(name, shape, self.audio.dtype)

    def spectrum(self, config: STFTConfig) -> Tensor:
        """The complex transform `[n, c, frames, bins]`; not to be written to.

        Phases count from each FFT's first sample, as `torch.stft(..., center=True)` and
        `librosa.stft` have them.
        """
        if config not in self._spectrum:
            frames = _frames(self.audio, config)
            window = _window(config, self.audio.dtype, self.audio.device)
            out = self.out("windowed", tuple(frames.shape))
            self._spectrum[config] = torch.fft.rfft(torch.mul(frames, window, out=out))
        return self._spectrum[config]

    def magnitude(self, config: STFTConfig) -> Tensor:
        """Magnitudes `[n, c, frames, bins]`, without slope at silence; not to be written to."""
        if config not in self._magnitude:
            spectrum = self.spectrum(config)
            out = self.out(f"magnitude {config}", tuple(spectrum.shape))
            self._magnitude[config] = modulus(spectrum, out=out)
        return self._magnitude[config]

    def power(self, config: STFTConfig) -> Tensor:
        """Squared magnitudes `[n, c, frames, bins]`; not to be written to."""
        if config not in self._power:
            magnitude = self.magnitude(config)
            out = self.out(f"power {config}", tuple(magnitude.shape))
            self._power[config] = torch.mul(magnitude, magnitude, out=out)
        return self._power[config]

    def mel_power(self, config: MelConfig) -> Tensor:
        """Power in Slaney's mel bands `[n, c, frames, n_mels]`; not to be written to."""
        if config not in self._mel_power:
            power = self.power(config.stft)
            bank = mel_bank(self.sr, config.stft.n_fft, config.n_mels, power.dtype, power.device)
            self._mel_power[config] = power @ bank
        return self._mel_power[config]


def _frames(audio: Tensor, config: STFTConfig) -> Tensor:
    """The samples beneath each FFT, `[n, c, frames, n_fft]`: a view of a padded copy."""
    n_samples = audio.shape[-1]
    left = config.n_fft // 2
    if config.pad_mode == "constant":
        padded = functional.pad(audio, (left, left))
    else:  # The same as mode="reflect" in a quarter of the time.
        before = audio[..., 1 : left + 1].flip(-1)
        after = audio[..., n_samples - left - 1 : n_samples - 1].flip(-1)
        padded = torch.cat((before, audio, after), dim=-1)
    return padded.unfold(-1, config.n_fft, config.hop)


@lru_cache(maxsize=128)
def _window(config: STFTConfig, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The periodic Hann window amid zeros, `[n_fft]`, cached."""
    window = torch.hann_window(config.window_length, periodic=True, dtype=torch.float64)
    left = (config.n_fft - config.window_length) // 2
    window = functional.pad(window, (left, config.n_fft - config.window_length - left))
    return window.to(dtype=dtype, device=device)
