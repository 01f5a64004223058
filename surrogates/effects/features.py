"""What recognition hears: statistics of spectral features, after AutoFX, and a log-mel spectrogram.

Each frame has spectral moments (centroid, spread, skewness, kurtosis), flux, roll-off, slope and
flatness, the level, the centroid and the spread relative to the pitch, and 13 MFCC; with their
differences from frame to frame. Six statistics of each over the frames that sound (mean, deviation,
skewness, kurtosis, least, greatest) are the features, as in AutoFX (D'Hooge; repository
SonyCSLParis/AutoFX), whose list this follows in kind, not in number. Three groups are added: the
modulation of mel bands at six ranges of frequency, which chorus and phaser change; the strongest
echoes in the onsets with the course of the level; and the real cepstrum up to 0.75 s, in which an
echo is a peak at its time whatever is played (Bogert et al., 1963).
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.objectives.signal.features import Features
from patchwright.objectives.signal.mel import mel_filters
from patchwright.objectives.signal.mfcc import dct_matrix

SR = 22_050
"""Sample rate that recognition works at, in Hz."""

SECONDS = 2.0
"""Length of the sounds that it hears, in seconds; others are cut, or continued with silence."""

_FFT, _HOP, _BANDS, _MFCC = 1024, 256, 40, 13
_SOUNDING = -50.0  # dB below the loudest frame that still counts
_FLOOR = 1e-10
_ROLL_OFF = 0.85
_PITCH = (50.0, 1000.0)  # Hz
_MODULATION = (0.5, 1.5, 3.0, 6.0, 10.0, 16.0, 25.0)  # Hz, edges
_GROUPS = 8  # of mel bands whose modulation is measured
_ECHO = (0.04, 0.8)  # seconds
_ECHOES = 3
_CEPSTRUM, _CEPSTRUM_BIN = 150, 110  # greatest values of as many samples each
_NEAR = 20  # samples of the cepstrum that are the spectrum's envelope
_SERIES = 11 + _MFCC
_STATISTICS = 6


@dataclass(frozen=True)
class Heard:
    """What is heard of a batch of sounds.

    Attributes:
        features: Features, `[n, EffectFeatures.width]`.
        mel: Log-mel spectrograms in dB, `[n, bands, frames]`, of sounds as loud as each other.
    """

    features: Tensor
    mel: Tensor


class EffectFeatures:
    """Front end of recognition.

    Examples:
        >>> hear = EffectFeatures()
        >>> noise = np.random.default_rng(0).uniform(-1, 1, (2, 44_100)).astype(np.float32)
        >>> heard = hear(noise)
        >>> tuple(heard.features.shape), tuple(heard.mel.shape)
        ((2, 492), (2, 64, 87))
    """

    width = (
        2 * _SERIES * _STATISTICS
        + 2 * (len(_MODULATION) - 1)
        + 2 * _GROUPS
        + 2 * _ECHOES
        + 20
        + _CEPSTRUM
    )
    samples = round(SECONDS * SR)

    def __init__(self) -> None:
        self._window = torch.hann_window(_FFT)
        self._mel = torch.as_tensor(mel_filters(SR, _FFT, _BANDS), dtype=torch.float32)
        self._dct = dct_matrix(_BANDS, _MFCC, torch.float32, torch.device("cpu")).T
        self._hz = torch.arange(_FFT // 2 + 1) * (SR / _FFT)
        self.spectrogram = Features.of(sr=SR, length=SECONDS)

    def __call__(self, audio: NDArray[np.float32]) -> Heard:
        """Hear mono sounds `[n, t]` at `SR`, whatever their level."""
        sounds = torch.zeros(len(audio), self.samples)
        part = torch.from_numpy(np.ascontiguousarray(audio[:, : self.samples]))
        sounds[:, : part.shape[1]] = part
        loud = sounds.square().mean(1, keepdim=True).sqrt().clamp(min=1e-8)
        sounds = sounds * (0.1 / loud)
        features = torch.cat([self._features(some) for some in sounds.split(32)])
        return Heard(features, self.spectrogram(sounds.unsqueeze(1)))

    def _features(self, sounds: Tensor) -> Tensor:
        spectrum = torch.stft(
            sounds, _FFT, _HOP, window=self._window, pad_mode="constant", return_complex=True
        )
        magnitude = spectrum.abs() + _FLOOR  # [n, bins, frames]
        level = 10 * torch.log10(magnitude.square().mean(1))
        sounding = level > level.amax(1, keepdim=True) + _SOUNDING
        mel = torch.log10(self._mel @ magnitude.square() + _FLOOR) * 10  # [n, bands, frames]
        series = torch.cat(
            [
                torch.stack([*self._moments(magnitude, _pitch(sounds)), level], 1),
                self._dct @ mel,
            ],
            1,
        )
        change = series.diff(dim=2, prepend=series[:, :, :1])
        both = torch.cat([series, change], 1)
        parts = [
            _statistics(both, sounding),
            *self._modulation(mel, sounding),
            _echoes(mel),
            _decay(level),
            _cepstrum(sounds),
        ]
        return torch.nan_to_num(torch.cat(parts, 1))

    def _moments(self, magnitude: Tensor, pitch: Tensor) -> list[Tensor]:
        """Return ten features of each frame, `[n, frames]` each."""
        share = magnitude / magnitude.sum(1, keepdim=True)
        hz = self._hz[:, None]
        centroid = (hz * share).sum(1)
        away = hz - centroid.unsqueeze(1)
        # products in turn: powers of many numbers would take most of the time
        second = away.square().mul_(share)
        third = second.mul(away)
        spread = second.sum(1).sqrt().clamp(min=1.0)
        skewness = third.sum(1) / spread.pow(3)
        kurtosis = third.mul_(away).sum(1) / spread.pow(4)
        unit = magnitude / magnitude.norm(dim=1, keepdim=True)
        flux = unit.diff(dim=2, prepend=unit[:, :, :1]).norm(dim=1)
        roll_off = (share.cumsum(1) < _ROLL_OFF).sum(1) * (SR / _FFT)
        centred = hz - hz.mean()
        slope = (centred * share).sum(1) / centred.square().sum() * 1e6
        flatness = magnitude.log().mean(1) - magnitude.mean(1).log()
        relative = [(each / pitch).log() for each in (centroid, spread)]
        return [
            centroid.log(),
            spread.log(),
            skewness.clamp(-50, 50),
            kurtosis.clamp(max=200).log(),
            flux,
            roll_off.clamp(min=1).log(),
            slope,
            flatness,
            *relative,
        ]

    def _modulation(self, mel: Tensor, sounding: Tensor) -> list[Tensor]:
        """Return how much groups of bands rise and fall, by ranges of frequency."""
        groups = torch.stack([part.mean(1) for part in mel.chunk(_GROUPS, dim=1)], 1)
        weight = sounding.unsqueeze(1).float()
        count = weight.sum(2, keepdim=True).clamp(min=1)
        t = torch.linspace(-1, 1, mel.shape[2])
        flat = (groups - (groups * weight).sum(2, keepdim=True) / count) * weight
        trend = (flat * t).sum(2, keepdim=True) / (weight * t.square()).sum(2, keepdim=True).clamp(
            min=1e-3
        )
        flat = (flat - trend * t) * weight
        power = torch.fft.rfft(flat * torch.hann_window(mel.shape[2]), n=512).abs().square()
        hz = torch.arange(power.shape[2]) * (SR / _HOP / 512)
        edges = itertools.pairwise(_MODULATION)
        ranges = [power[:, :, (hz >= low) & (hz < high)].sum(2) for low, high in edges]
        by_range = torch.stack(ranges, 2).clamp(min=1e-6).log()  # [n, groups, ranges]
        inside = power[:, :, (hz >= _MODULATION[0]) & (hz < _MODULATION[-1])]
        peak = inside.amax(2) / inside.mean(2).clamp(min=1e-9)
        unlike = groups - groups.mean(1, keepdim=True)
        deviation = ((unlike * weight).var(2) + 1e-6).log()
        return [by_range.mean(1), by_range.amax(1), peak.clamp(min=1e-6).log(), deviation]


def _statistics(series: Tensor, sounding: Tensor) -> Tensor:
    """Return six statistics of series `[n, k, frames]` over the frames that sound, `[n, 6 k]`."""
    weight = sounding.unsqueeze(1).float()
    count = weight.sum(2, keepdim=True).clamp(min=1)
    mean = (series * weight).sum(2, keepdim=True) / count
    away = (series - mean) * weight
    deviation = (away.square().sum(2, keepdim=True) / count).sqrt().clamp(min=1e-6)
    skewness = (away / deviation).pow(3).sum(2) / count[:, :, 0]
    kurtosis = (away / deviation).pow(4).sum(2) / count[:, :, 0]
    least = torch.where(weight > 0, series, math.inf).amin(2)
    greatest = torch.where(weight > 0, series, -math.inf).amax(2)
    return torch.cat(
        [
            mean[:, :, 0],
            deviation[:, :, 0],
            skewness.clamp(-20, 20),
            kurtosis.clamp(min=1e-3, max=400).log(),
            least,
            greatest,
        ],
        1,
    )


def _pitch(sounds: Tensor) -> Tensor:
    """Return the lag with the greatest autocorrelation as a pitch in Hz, `[n, 1]`."""
    spectrum = torch.fft.rfft(sounds, n=2 * sounds.shape[1]).abs().square()
    correlation = torch.fft.irfft(spectrum)
    first, last = (round(SR / hz) for hz in reversed(_PITCH))
    lag = correlation[:, first:last].argmax(1, keepdim=True) + first
    pitch: Tensor = SR / lag
    return pitch


def _echoes(mel: Tensor) -> Tensor:
    """Return the strongest peaks of the onsets' autocorrelation and their lags, `[n, 2 echoes]`."""
    onsets = mel.diff(dim=2).clamp(min=0).mean(1)
    onsets = onsets - onsets.mean(1, keepdim=True)
    power = torch.fft.rfft(onsets, n=2 * onsets.shape[1]).abs().square()
    correlation = torch.fft.irfft(power)
    correlation = correlation / correlation[:, :1].clamp(min=1e-9)
    first, last = (round(seconds * SR / _HOP) for seconds in _ECHO)
    height, place = correlation[:, first:last].topk(_ECHOES, dim=1)
    return torch.cat([height, (place + first) * (_HOP / SR)], 1)


def _decay(level: Tensor) -> Tensor:
    """Return the level in twenty equal parts of the time, from the loudest, `[n, 20]`."""
    parts = torch.nn.functional.adaptive_avg_pool1d(level.unsqueeze(1), 20)[:, 0]
    return (parts - level.amax(1, keepdim=True)).clamp(min=-90)


def _cepstrum(sounds: Tensor) -> Tensor:
    """Return the logarithm of the real cepstrum's greatest values in bins of 5 ms."""
    spectrum = torch.fft.rfft(sounds, n=2 ** (sounds.shape[1] - 1).bit_length()).abs()
    floor = 1e-4 * spectrum.amax(1, keepdim=True) + _FLOOR
    cepstrum = torch.fft.irfft((spectrum + floor).log()).abs()
    cepstrum[:, :_NEAR] = 0
    bins = cepstrum[:, : _CEPSTRUM * _CEPSTRUM_BIN].unflatten(1, (_CEPSTRUM, _CEPSTRUM_BIN))
    peaks: Tensor = (bins.amax(2) + 1e-4).log()
    return peaks
