"""Distances between mel-frequency cepstral coefficients."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import LIBROSA_MEL, MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import Target

N_MFCC = 13
MFCC_MEL = MelConfig(
    STFTConfig(n_fft=2048, hop=1024, window_length=2048, pad_mode="constant"), n_mels=128
)

N_MFCCD = 40


class MFCCMAE:
    """Mean absolute difference of 13 mel-frequency cepstral coefficients.

    The orthonormal DCT-II of 128 Slaney mel bands in dB (window 2048, hop 1024, floor 80 dB below
    the channel's own maximum), averaged over coefficients, frames and channels. In decibels, as
    the DCT's rows have unit norm. Equals the same with `librosa.feature.mfcc(n_mfcc=13,
    n_fft=2048, hop_length=1024)` taken channel by channel.

    Blind to phase, to fine spectral structure (13 coefficients see the envelope: harmonics closer
    than some twenty bands are one), so nearly blind to pitch, and to anything quicker than a
    frame. Level counts, through the first coefficient alone, which outweighs the others.

    Source:
        J. Shier, SpiegeLib, 2020; S. Davis and P. Mermelstein, 1980, for the coefficients.
    """

    name = "mfcc_mae"

    def prepare(self, target: Target) -> PreparedMFCC:
        """Keep the target's coefficients; any length of target will do."""
        return PreparedMFCC(MFCC_MEL, mfcc(target_spectra(target), MFCC_MEL, N_MFCC)[0])


class MFCCD:
    """Mean absolute difference of 40 mel-frequency cepstral coefficients.

    As `mfcc_mae`, with more coefficients and twice the frames: the orthonormal DCT-II of 128
    Slaney mel bands in dB (window 2048, hop 512, floor 80 dB below the channel's own maximum),
    averaged over coefficients, frames and channels. In decibels. Equals the same with
    `librosa.feature.mfcc(n_mfcc=40)` taken channel by channel.

    Blind to phase and to anything quicker than a frame. 40 coefficients see ripples of some six
    bands, so the lowest harmonics of high notes are told apart, and pitch counts a little. Level
    counts, through the first coefficient alone.

    Source:
        The synth-proxy code, for the distance; S. Davis and P. Mermelstein, 1980, for the
        coefficients, here with librosa's defaults.
    """

    name = "mfccd"

    def prepare(self, target: Target) -> PreparedMFCC:
        """Keep the target's coefficients; any length of target will do."""
        return PreparedMFCC(LIBROSA_MEL, mfcc(target_spectra(target), LIBROSA_MEL, N_MFCCD)[0])


@dataclass(frozen=True, eq=False)
class PreparedMFCC:
    """A target's coefficients `[c, frames, n_coefficients]`, and the mel spectrogram beneath."""

    mel: MelConfig
    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        found = mfcc(candidates, self.mel, self.coefficients.shape[-1])
        return (found - self.coefficients).abs().flatten(1).mean(1)
