"""Distances between mel spectrograms in which level counts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
    """Mel STFT distance: spectral convergence plus the L1 of log mel magnitudes.

    128 Slaney mel bands of magnitudes (not power; window 1024, hop 256, mirrored ends, each bin
    at least 1e-4): `||Y - X|| / ||Y||` (Frobenius over channels, frames and bands, `Y` the target)
    plus the mean of `|log X - log Y|`. Without a unit; level counts. Equals
    `auraloss.freq.MelSTFTLoss(sr)` of auraloss 0.4 for a batch of one. Where bins are coarser
    than the lowest bands (sample rates above some 70 kHz), auraloss gives NaN; here bands that
    hold no bin count as equal.

    Blind to phase, to pitch differences within a mel band, to what is quieter than a magnitude
    of 1e-4, and to the order of events within a window of 1024 samples.

    Source:
        C. Steinmetz and J. Reiss, auraloss, 2020.
    """

    name = "mel_stft"

    def prepare(self, target: Target) -> PreparedMelSTFT:
        """Keep the target's mel magnitudes.

        Raises:
            ObjectiveError: The target has 512 samples or fewer, too few to be mirrored.
        """
        target.require_samples(MEL_STFT_CONFIG.least_samples, name=self.name)
        magnitude = _mel_magnitude(target_spectra(target))[0]
        return PreparedMelSTFT(
            magnitude=magnitude,
            log_magnitude=logarithm(magnitude),
            norm=torch.linalg.vector_norm(magnitude),
        )


@dataclass(frozen=True, eq=False)
class PreparedMelSTFT:
    """A target's mel magnitudes `[c, frames, bands]`, their logarithm and their norm `[]`."""

    magnitude: Tensor
    log_magnitude: Tensor
    norm: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        magnitude = _mel_magnitude(candidates)
        difference = (magnitude - self.magnitude).flatten(1)
        error: Tensor = torch.linalg.vector_norm(difference, dim=1)
        logs = (logarithm(magnitude) - self.log_magnitude).abs().flatten(1).mean(1)
        return error / self.norm + logs


class LogMel:
    """Mean absolute difference of log mel spectrograms, in dB.

    Power in 128 Slaney mel bands (window 2048, hop 512, Hann, silence around) in dB relative to a
    power of 1, each channel floored at 80 dB below its own maximum and at -100 dB; then the mean
    over bands, frames and channels. In decibels; level counts. Equals the same with
    `librosa.feature.melspectrogram` and `librosa.power_to_db`, both as they come.

    Blind to phase, to pitch differences within a mel band, to what is quicker than a window of
    2048 samples, and to what lies 80 dB below the loudest point. One loud click lifts the floor.

    Source:
        B. McFee et al., librosa, 2015, for the spectrogram.
    """

    name = "log_mel"

    def prepare(self, target: Target) -> PreparedLogMel:
        """Keep the target's mel spectrogram in dB; any length of target will do."""
        return PreparedLogMel(_log_mel(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedLogMel:
    """A target's mel spectrogram in dB, `[c, frames, bands]`."""

    decibels: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        return (_log_mel(candidates) - self.decibels).abs().flatten(1).mean(1)


def _mel_magnitude(sounds: Spectra) -> Tensor:
    """Mel magnitudes `[n, c, frames, bands]`, above 0, of sounds `[n, c, t]`."""
    magnitude = sounds.magnitude(MEL_STFT_CONFIG)
    out = sounds.out("mel_stft floored", tuple(magnitude.shape))
    floored = torch.clamp(magnitude, min=MAGNITUDE_FLOOR, out=out)
    n_fft = MEL_STFT_CONFIG.n_fft
    bank = mel_bank(sounds.sr, n_fft, MEL_STFT_BANDS, floored.dtype, floored.device)
    return (floored @ bank).clamp(min=torch.finfo(floored.dtype).tiny)


def _log_mel(sounds: Spectra) -> Tensor:
    """Mel power in dB, `[n, c, frames, bands]`, of sounds `[n, c, t]`."""
    return power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False)
