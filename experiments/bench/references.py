"""Distances computed with auraloss, librosa and scipy, one mono sound at a time."""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np
import torch
from auraloss.freq import MelSTFTLoss, MultiResolutionSTFTLoss
from librosa.onset import onset_strength
from librosa.sequence import dtw
from numpy.typing import NDArray
from scipy.signal import butter, hilbert, sosfiltfilt

from patchwright.objectives.distances.spectral import MSS_SCALES

SR = 44_100

Audio = NDArray[np.float32]
Feature = Callable[[Audio], list[NDArray[np.floating]]]
Distance = Callable[[Audio], float]
"""Distance of a candidate `[1, t]` to a fixed target."""


def auraloss(loss: torch.nn.Module, target: Audio) -> Distance:
    """Make a distance from a loss, which transforms candidate and target at each call."""
    reference = torch.from_numpy(target[None])

    def measure(candidate: Audio) -> float:
        with torch.no_grad():
            return float(loss(torch.from_numpy(candidate[None]), reference))

    return measure


def mean_difference(feature: Feature, target: Audio) -> Distance:
    """Make a distance: the mean absolute difference of features, with the target's kept."""
    kept = feature(target[0])

    def measure(candidate: Audio) -> float:
        pairs = zip(feature(candidate[0]), kept, strict=True)
        return float(np.mean([np.abs(ours - theirs).mean() for ours, theirs in pairs]))

    return measure


def alignment(target: Audio) -> Distance:
    """Make a distance: dynamic time warping of 20 MFCCs, with the target's kept."""

    def coefficients(audio: Audio) -> NDArray[np.floating]:
        window, hop = int(0.05 * SR), int(0.01 * SR)
        mfcc: NDArray[np.floating] = librosa.feature.mfcc(
            y=audio[0], sr=SR, n_mfcc=20, n_fft=window, hop_length=hop
        )
        return mfcc

    kept = coefficients(target)

    def measure(candidate: Audio) -> float:
        mfcc = coefficients(candidate)
        costs = np.abs(mfcc[:, :, None] - kept[:, None, :]).mean(0).astype(np.float64)
        weights = np.array([2.0, 1.0, 1.0])
        sums = dtw(C=costs, weights_mul=weights, backtrack=False)
        return float(sums[-1, -1] / sum(costs.shape))

    return measure


def mel_scales(audio: Audio) -> list[NDArray[np.floating]]:
    """Return mel spectrograms in dB below their maximum, at three scales."""
    return [
        librosa.power_to_db(
            librosa.feature.melspectrogram(
                y=audio, sr=SR, n_fft=int(window * SR), hop_length=int(hop * SR), n_mels=n_mels
            ),
            ref=np.max,
        )
        for window, hop, n_mels in MSS_SCALES
    ]


def envelope(audio: Audio) -> list[NDArray[np.floating]]:
    """Return the analytic signal's magnitude below 10 Hz, filtered with 0.5 s of silence around."""
    padded = np.pad(np.abs(hilbert(audio)), SR // 2)
    smooth = sosfiltfilt(butter(2, 10, fs=SR, output="sos"), padded, padtype=None)
    return [smooth[SR // 2 : -SR // 2]]


LIBRARIES: dict[str, tuple[str, Callable[[Audio], Distance]]] = {
    "mrstft": ("auraloss", lambda target: auraloss(MultiResolutionSTFTLoss(), target)),
    "mel_stft": ("auraloss", lambda target: auraloss(MelSTFTLoss(SR), target)),
    "wmfcc": ("librosa", alignment),
} | {
    name: (library, lambda target, feature=feature: mean_difference(feature, target))
    for name, library, feature in (
        ("mss", "librosa", mel_scales),
        ("envelope", "scipy", envelope),
        (
            "mfcc_mae",
            "librosa",
            lambda y: [librosa.feature.mfcc(y=y, sr=SR, n_mfcc=13, n_fft=2048, hop_length=1024)],
        ),
        ("mfccd", "librosa", lambda y: [librosa.feature.mfcc(y=y, sr=SR, n_mfcc=40)]),
        (
            "log_mel",
            "librosa",
            lambda y: [librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=SR))],
        ),
        (
            "onset_envelope",
            "librosa",
            lambda y: [onset_strength(y=y, sr=SR, center=False)[1:]],
        ),
        (
            "centroid",
            "librosa",
            lambda y: [np.log2(librosa.feature.spectral_centroid(y=y, sr=SR))],
        ),
        (
            "flatness",
            "librosa",
            lambda y: [10 * np.log10(librosa.feature.spectral_flatness(y=y))],
        ),
    )
}
"""Library of each objective that one has, by name, with a function from target to distance."""
