"""Statistics over time of mel spectrograms and of cepstra."""

from __future__ import annotations

import torch
from torch import Tensor

from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import LIBROSA_MEL, Spectra

N_MFCC = 40


class MelStats:
    """Mean and standard deviation over time of a log mel spectrogram.

    The spectrogram is that of `log_mel`, and is computed once for both: power in 128 Slaney mel
    bands (window 2048, hop 512, silence around) in dB, each channel floored 80 dB below its
    maximum and at -100 dB; averaged over channels. Frames are those of the spectrogram. Level
    counts. Differentiable; sounds may have any length.

    Hears: spectral balance, level, and how much each band changes.

    Blind to: timing, order and speed of events; phase; pitch within a mel band; the channel of a
    sound; whatever is 80 dB below the maximum.

    Source:
        The hand-crafted baseline of P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for
        Sound Synthesizers, 2025, arXiv:2509.07635, there with 128 bands.

    Examples:
        >>> MelStats().embed(Spectra(torch.rand(2, 1, 22_050), sr=22_050)).shape
        torch.Size([2, 256])
    """

    name = "mel_stats"

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed frames of sounds `[n, c, t]`: levels `[n, frames, 128]` in dB."""
        return power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False).mean(1)

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed sounds `[n, c, t]`: vectors `[n, 256]` in dB, means, then standard deviations."""
        return torch.cat(_mean_and_deviation(self.frames(sounds)), dim=1)


class MFCCStats:
    """Statistics over time of 40 mel-frequency cepstral coefficients.

    Mean, standard deviation and mean absolute change from frame to frame of the coefficients of
    `mfccd` (orthonormal DCT-II of 128 Slaney mel bands in dB, window 2048, hop 512), averaged over
    channels. Frames are the coefficients. Level counts, through the first coefficient.
    Differentiable; sounds may have any length, and the change of a single frame is 0.

    Hears: spectral shape at a resolution of some six bands, how much it changes, and how quickly.

    Blind to: timing and the order of events; phase; fine spectral structure, so pitch, nearly; the
    channel of a sound; whatever is 80 dB below the maximum.

    Source:
        G. Tzanetakis and P. Cook, Musical Genre Classification of Audio Signals, 2002, for means
        and deviations of coefficients; 40 of them as in the synth-proxy code.

    Examples:
        >>> MFCCStats().embed(Spectra(torch.rand(2, 1, 22_050), sr=22_050)).shape
        torch.Size([2, 120])
    """

    name = "mfcc_stats"

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed frames of sounds `[n, c, t]`: coefficients `[n, frames, 40]` in dB."""
        return mfcc(sounds, LIBROSA_MEL, N_MFCC).mean(1)

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed sounds `[n, c, t]`: vectors `[n, 120]` in dB, means, deviations, then changes."""
        frames = self.frames(sounds)
        mean, deviation = _mean_and_deviation(frames)
        change = frames.diff(dim=1).abs().sum(1) / max(frames.shape[1] - 1, 1)
        return torch.cat((mean, deviation, change), dim=1)


def _mean_and_deviation(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation over time of frames `[n, frames, e]`, each `[n, e]`."""
    return frames.mean(1), frames.std(1, correction=0)
