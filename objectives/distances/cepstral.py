"""Distances between mel-frequency cepstral coefficients."""

from __future__ import annotations

from functools import partial

from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import LIBROSA_MEL, MelConfig, STFTConfig
from patchwright.objectives.target import Target

N_MFCC = 13
MFCC_MEL = MelConfig(
    STFTConfig(n_fft=2048, hop=1024, window_length=2048, pad_mode="constant"), n_mels=128
)

N_MFCCD = 40


class MFCCMAE:
    """Mean absolute difference of 13 mel-frequency cepstral coefficients, in dB.

        D = mean |C(X) - C(Y)|,   C = DCT-II(10 log10 M)

    M is the power in 128 Slaney mel bands (window 2048, hop 1024), floored 80 dB below the
    channel's maximum. The DCT is orthonormal, so that coefficients are in decibels. The mean is
    over coefficients, frames and channels. Equals the difference of
    `librosa.feature.mfcc(n_mfcc=13, n_fft=2048, hop_length=1024)`, channel by channel.

    Level counts, through the first coefficient alone, which outweighs the others.

    Blind to: phase; pitch, nearly, as 13 coefficients merge harmonics closer than some 20 bands;
    events shorter than a frame.

    Source:
        J. Shier, SpiegeLib, 2020; S. Davis and P. Mermelstein, 1980, for the coefficients.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([MFCCMAE()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[5.24]])

        6.02 dB in each of 128 bands are 6.02 · √128 in one coefficient of 13.
    """

    name = "mfcc_mae"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's coefficients; targets may have any length."""
        return FeatureDistance.to(target, partial(mfcc, mel=MFCC_MEL, n_coefficients=N_MFCC))


class MFCCD:
    """Mean absolute difference of 40 mel-frequency cepstral coefficients, in dB.

    As `mfcc_mae`, with more coefficients and twice the frames (window 2048, hop 512). Equals the
    difference of `librosa.feature.mfcc(n_mfcc=40)`, channel by channel.

    Level counts, through the first coefficient alone. 40 coefficients resolve ripples of some six
    bands, so the lowest harmonics of high notes are told apart, and pitch counts a little.

    Blind to: phase; events shorter than a frame.

    Source:
        The synth-proxy code, for the distance; S. Davis and P. Mermelstein, 1980, for the
        coefficients, here with librosa's defaults.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([MFCCD()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[1.7]])
    """

    name = "mfccd"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's coefficients; targets may have any length."""
        return FeatureDistance.to(target, partial(mfcc, mel=LIBROSA_MEL, n_coefficients=N_MFCCD))
