"""Embeddings made by hand: statistics over time of mel spectrograms and of cepstra."""

from __future__ import annotations

import torch
from torch import Tensor

from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import LIBROSA_MEL, Spectra

N_MFCC = 40


class MelStats:
    """Mean and standard deviation over time of a log mel spectrogram.

    Power in 128 Slaney mel bands (window 2048, hop 512, silence around) in dB, each channel
    floored at 80 dB below its own maximum and at -100 dB; averaged over channels. The spectrogram
    is that of `log_mel`, and is computed once for both. In decibels; level counts. The frames are
    the spectrogram's. Differentiable; any length will do.

    Hears spectral balance, level, and how much each band changes.

    Blind to when things happen and in what order, to how quickly they change, to phase, to pitch
    within a mel band, to which channel a sound is in, and to what is 80 dB below the maximum.

    Source:
        The hand-made baseline that embeddings are compared with in P. Combes, S. Weinzierl and
        K. Obermayer, Neural Proxies for Sound Synthesizers, 2025, arXiv:2509.07635, there with
        128 bands.
    """

    name = "mel_stats"

    def frames(self, sounds: Spectra) -> Tensor:
        """Log mel frames `[n, frames, 128]`, in dB, of sounds `[n, c, t]`."""
        return power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False).mean(1)

    def embed(self, sounds: Spectra) -> Tensor:
        """Vectors `[n, 256]`, in dB: 128 means, 128 standard deviations."""
        return torch.cat(_mean_and_deviation(self.frames(sounds)), dim=1)


class MFCCStats:
    """Statistics over time of 40 mel-frequency cepstral coefficients.

    Mean, standard deviation, and mean absolute change from frame to frame of the coefficients of
    `mfccd` (orthonormal DCT-II of 128 Slaney mel bands in dB, window 2048, hop 512), averaged over
    channels. In decibels; level counts, through the first coefficient. The frames are the
    coefficients. Differentiable; any length will do, and a sound of one frame has no change.

    Hears spectral shape at the resolution of some six bands, how much it changes, and how quickly.

    Blind to when things happen and in what order, to phase, to fine spectral structure (so nearly
    to pitch), to which channel a sound is in, and to what is 80 dB below the maximum.

    Source:
        G. Tzanetakis and P. Cook, Musical Genre Classification of Audio Signals, 2002, for means
        and deviations of coefficients; 40 of them as in the synth-proxy code.
    """

    name = "mfcc_stats"

    def frames(self, sounds: Spectra) -> Tensor:
        """Coefficients `[n, frames, 40]`, in dB, of sounds `[n, c, t]`."""
        return mfcc(sounds, LIBROSA_MEL, N_MFCC).mean(1)

    def embed(self, sounds: Spectra) -> Tensor:
        """Vectors `[n, 120]`, in dB: 40 means, 40 standard deviations, 40 changes."""
        frames = self.frames(sounds)
        mean, deviation = _mean_and_deviation(frames)
        change = frames.diff(dim=1).abs().sum(1) / max(frames.shape[1] - 1, 1)
        return torch.cat((mean, deviation, change), dim=1)


def _mean_and_deviation(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Over time: of frames `[n, frames, e]`, each `[n, e]`; the slope of no deviation is 0."""
    return frames.mean(1), frames.std(1, correction=0)
