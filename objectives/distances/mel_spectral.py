"""Distances between mel spectrograms that keep the level."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.distances.spectral import MAGNITUDE_FLOOR
from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.mel import mel_bank
from patchwright.objectives.signal.spectra import LIBROSA_MEL, Spectra, STFTConfig
from patchwright.objectives.target import Target

MEL_STFT_CONFIG = STFTConfig(n_fft=1024, hop=256, window_length=1024, pad_mode="reflect")
MEL_STFT_BANDS = 128


class MelSTFT:
    """Mel STFT distance: spectral convergence plus L1 of log mel magnitudes.

        D = ||Y - X||_F / ||Y||_F + mean |ln X - ln Y|

    X and Y are the magnitudes (not powers) in 128 Slaney mel bands of candidate and target (window
    1024, hop 256, mirrored ends, each bin at least 1e-4); norm and mean are over channels, frames
    and bands. Without a unit. Level counts. Equals `auraloss.freq.MelSTFTLoss(sr)` of auraloss 0.4
    for a batch of one. Above some 70 kHz, the lowest bands hold no bin and auraloss returns NaN;
    here such bands count as equal.

    Not symmetric: the error is divided by the target's norm.

    Blind to: phase; pitch differences within a mel band; magnitudes below 1e-4; the order of
    events within a window of 1024 samples.

    Source:
        C. Steinmetz and J. Reiss, auraloss, 2020.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([MelSTFT()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[1.19]])
    """

    name = "mel_stft"

    def prepare(self, target: Target) -> PreparedMelSTFT:
        """Compute the target's mel magnitudes.

        Raises:
            ObjectiveError: The target has 512 samples or fewer, too few to be mirrored.
        """
        target.require_samples(MEL_STFT_CONFIG.min_samples, name=self.name)
        magnitude = _mel_magnitude(target_spectra(target))[0]
        return PreparedMelSTFT(
            magnitude=magnitude,
            log_magnitude=logarithm(magnitude),
            norm=torch.linalg.vector_norm(magnitude),
        )


@dataclass(frozen=True, eq=False)
class PreparedMelSTFT:
    """The mel magnitudes of a target.

    Attributes:
        magnitude: Mel magnitudes, `[c, frames, bands]`.
        log_magnitude: Their natural logarithms, same shape.
        norm: Their Frobenius norm, `[]`.
    """

    magnitude: Tensor
    log_magnitude: Tensor
    norm: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        magnitude = _mel_magnitude(candidates)
        difference = (magnitude - self.magnitude).flatten(1)
        error: Tensor = torch.linalg.vector_norm(difference, dim=1)
        logs = (logarithm(magnitude) - self.log_magnitude).abs().flatten(1).mean(1)
        return error / self.norm + logs


class LogMel:
    """Mean absolute difference of log mel spectrograms, in dB.

        D = mean |L(X) - L(Y)|,   L = 10 log10 M

    M is the power in 128 Slaney mel bands (window 2048, hop 512, Hann, silence around). L is
    floored 80 dB below the channel's maximum and at -100 dB. The mean is over bands, frames and
    channels. Level counts. Equals the difference of `librosa.feature.melspectrogram` after
    `librosa.power_to_db`, both with default arguments. One loud click raises the floor.

    Blind to: phase; pitch differences within a mel band; events shorter than a window of 2048
    samples; whatever is 80 dB below the loudest point.

    Source:
        B. McFee et al., librosa, 2015, for the spectrogram.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([LogMel()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[6.02]])
    """

    name = "log_mel"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's spectrogram; targets may have any length."""
        return FeatureDistance.to(target, _log_mel)


def _mel_magnitude(sounds: Spectra) -> Tensor:
    """Return mel magnitudes `[n, c, frames, bands]`, above 0, of sounds `[n, c, t]`."""
    magnitude = sounds.magnitude(MEL_STFT_CONFIG)
    out = sounds.out("mel_stft floored", tuple(magnitude.shape))
    floored = torch.clamp(magnitude, min=MAGNITUDE_FLOOR, out=out)
    n_fft = MEL_STFT_CONFIG.n_fft
    bank = mel_bank(sounds.sr, n_fft, MEL_STFT_BANDS, floored.dtype, floored.device)
    return (floored @ bank).clamp(min=torch.finfo(floored.dtype).tiny)


def _log_mel(sounds: Spectra) -> Tensor:
    """Return mel power in dB, `[n, c, frames, bands]`, of sounds `[n, c, t]`."""
    return power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False)
