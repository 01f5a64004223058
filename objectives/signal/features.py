"""Log-mel spectrograms of fixed size: the front end that proxies predict and estimators hear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.mel import mel_bank
from patchwright.objectives.signal.spectra import Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError

_WINDOW = 0.0464  # seconds, rounded to a power of two in samples


@dataclass(frozen=True, kw_only=True)
class Features:
    """A log-mel spectrogram of sounds of one length at one sample rate, mixed to mono.

        10 log10(10^(floor / 10) + M |X|² / (n_fft / 4)²)

    M are Slaney's mel filters (as in librosa) and X is the transform with a periodic Hann window
    and centred frames, which are padded with silence. A full-scale sine has |X| = n_fft / 4. The
    floor is soft, so that quiet bands have a gradient.

    Attributes:
        sr: Sample rate of the sounds in Hz.
        samples: Length of the sounds in samples; others are cut, or continued with silence.
        n_fft: Length of the transform and of its window in samples.
        hop: Hop between frames in samples.
        bands: Number of mel bands from 0 Hz to half the sample rate.
        floor: Level of silence in dB, below 0.

    Raises:
        ObjectiveError: A number is out of range.

    Examples:
        >>> features = Features.of(sr=22_050, length=0.75)
        >>> features.n_fft, features.hop, features.shape
        (1024, 512, (64, 33))
        >>> features(torch.zeros(2, 1, features.samples))[0, 0, 0].round()
        tensor(-90.)
    """

    sr: int
    samples: int
    n_fft: int
    hop: int
    bands: int = 64
    floor: float = -90.0

    def __post_init__(self) -> None:
        if not 1_000 <= self.sr <= 192_000:
            raise ObjectiveError(
                f"The sample rate {self.sr} Hz is out of range: give 1000 to 192000."
            )
        if not 1 <= self.samples <= 600 * self.sr:
            raise ObjectiveError(f"{self.samples} samples are out of range: give up to 600 s.")
        if not 16 <= self.n_fft <= 2**16:
            raise ObjectiveError(
                f"An FFT of {self.n_fft} samples is out of range: give 16 to 65536."
            )
        if not 1 <= self.hop <= self.n_fft:
            raise ObjectiveError(f"A hop of {self.hop} is out of range: give 1 to {self.n_fft}.")
        if not 1 <= self.bands <= self.n_fft // 2:
            most = self.n_fft // 2
            raise ObjectiveError(f"{self.bands} mel bands are out of range: give 1 to {most}.")
        if not -200.0 <= self.floor < 0.0:
            raise ObjectiveError(
                f"A floor of {self.floor} dB is out of range: give -200 to below 0."
            )

    @classmethod
    def of(
        cls,
        *,
        sr: int,
        length: float,
        n_fft: int | None = None,
        hop: int | None = None,
        bands: int = 64,
        floor: float = -90.0,
    ) -> Features:
        """Choose a transform that suits a sample rate.

        Args:
            sr: Sample rate of the sounds in Hz.
            length: Length of the sounds in seconds.
            n_fft: Length of the transform; 46 ms, rounded to a power of two, if None.
            hop: Hop between frames; half of `n_fft` if None.
            bands: Number of mel bands.
            floor: Level of silence in dB.

        Returns:
            The front end.

        Raises:
            ObjectiveError: A number is out of range.
        """
        n_fft = n_fft or 2 ** max(4, round(math.log2(_WINDOW * sr)))
        return cls(
            sr=sr,
            samples=round(length * sr),
            n_fft=n_fft,
            hop=hop or max(1, n_fft // 2),
            bands=bands,
            floor=floor,
        )

    @property
    def stft(self) -> STFTConfig:
        """Short-time Fourier transform of `power`."""
        return STFTConfig(self.n_fft, self.hop, self.n_fft, pad_mode="constant")

    @property
    def frames(self) -> int:
        """Number of frames, centred on every `hop` samples from the first."""
        return self.stft.n_frames(self.samples)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one sound's features: bands and frames."""
        return self.bands, self.frames

    def __call__(self, audio: Tensor) -> Tensor:
        """Compute features, differentiable in the samples.

        On a CPU, a sound has the same bits in any batch.

        Args:
            audio: Sounds `[n, c, t]` at the sample rate `sr`, on any device.

        Returns:
            Levels in dB, `[n, bands, frames]`, with the sounds' dtype.
        """
        if audio.device.type != "cpu" or len(audio) < 2:
            return self.levels(self.power(audio))
        # row by row, each in its own memory: the bits of transforms and of matrix products depend
        # on the number of rows and on their alignment
        return torch.cat([self.levels(self.power(row)) for row in torch.split(audio, 1)])

    def power(self, audio: Tensor) -> Tensor:
        """Compute the power `[n, frames, bins]` of sounds `[n, c, t]`, mixed to mono."""
        mono = audio[..., : self.samples]
        if mono.shape[1] > 1:
            mono = mono.mean(1, keepdim=True)
        if mono.shape[-1] < self.samples:
            mono = functional.pad(mono, (0, self.samples - mono.shape[-1]))
        spectrum = Spectra(mono, self.sr).spectrum(self.stft)[:, 0]
        return spectrum.real.square() + spectrum.imag.square()

    def levels(self, power: Tensor) -> Tensor:
        """Compute features `[n, bands, frames]` from `power`, `[n, frames, bins]`."""
        bank = mel_bank(self.sr, self.n_fft, self.bands, power.dtype, power.device)
        bands = (power @ bank) / (self.n_fft / 4) ** 2
        return 10.0 * torch.log10(bands + 10.0 ** (self.floor / 10.0)).transpose(1, 2)
