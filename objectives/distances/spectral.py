"""Distances at several resolutions: multi-resolution STFT and multi-scale mel spectrograms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import Target

MRSTFT_CONFIGS = (
    STFTConfig(n_fft=1024, hop=120, window_length=600, pad_mode="reflect"),
    STFTConfig(n_fft=2048, hop=240, window_length=1200, pad_mode="reflect"),
    STFTConfig(n_fft=512, hop=50, window_length=240, pad_mode="reflect"),
)

MAGNITUDE_FLOOR = 1e-4
"""Minimum magnitude, so that no logarithm is infinite (in auraloss, a power of 1e-8)."""

MSS_SCALES = ((0.010, 0.005, 32), (0.025, 0.010, 64), (0.100, 0.050, 128))
"""Window in seconds, hop in seconds and number of mel bands of each scale."""

MSS_MIN_SR = 200
"""Lowest sample rate in Hz: one sample in the shortest hop."""


class MRSTFT:
    """Multi-resolution STFT distance: spectral convergence plus L1 of log magnitudes.

        D = mean_r ( || |Y| - |X| ||_F / || |Y| ||_F + mean | ln|X| - ln|Y| | )

    X and Y are the spectra of candidate and target at resolution r; norm and mean are over
    channels, frames and bins. Without a unit. Level counts. Equals
    `auraloss.freq.MultiResolutionSTFTLoss()` of auraloss 0.4 for a batch of one. Linear bins weigh
    alike, so most of the distance comes from above 5 kHz.

    Not symmetric: the error is divided by the target's norm.

    Blind to: phase and polarity; the order of events within a window; delays of a few samples,
    nearly; magnitudes below 1e-4.

    Source:
        R. Yamamoto et al., Parallel WaveGAN, 2019, arXiv:1910.11480; C. Steinmetz and J. Reiss,
        auraloss, 2020.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> scorer = ObjectiveSet([MRSTFT()], Target(noise, 8_000))
        >>> scorer.score(np.stack([-noise, 0.5 * noise])).round(2)  # 0.5 + ln 2
        array([[0.  ],
               [1.19]])
    """

    name = "mrstft"

    def prepare(self, target: Target) -> PreparedMRSTFT:
        """Compute the target's magnitudes.

        Raises:
            ObjectiveError: The target has 1024 samples or fewer, too few to be mirrored.
        """
        least = max(config.min_samples for config in MRSTFT_CONFIGS)
        target.require_samples(least, name=self.name)
        spectra = target_spectra(target)
        magnitudes = tuple(
            spectra.magnitude(config)[0].clamp(min=MAGNITUDE_FLOOR) for config in MRSTFT_CONFIGS
        )
        return PreparedMRSTFT(
            magnitudes=magnitudes,
            logarithms=tuple(logarithm(magnitude) for magnitude in magnitudes),
            norms=tuple(torch.linalg.vector_norm(magnitude) for magnitude in magnitudes),
            rounded=tuple(
                _rounded_magnitude(spectra.spectrum(config)) for config in MRSTFT_CONFIGS
            ),
        )


@dataclass(frozen=True, eq=False)
class PreparedMRSTFT:
    """The magnitudes of a target, at each resolution.

    Attributes:
        magnitudes: Magnitudes, `[c, frames, bins]` each.
        logarithms: Their natural logarithms, same shapes.
        norms: Their Frobenius norms, `[]` each.
        rounded: The magnitudes as `magnitude_kernel` rounds them, `[c * frames * bins]` each.
    """

    magnitudes: tuple[Tensor, ...]
    logarithms: tuple[Tensor, ...]
    norms: tuple[Tensor, ...]
    rounded: tuple[NDArray[np.float32], ...]

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        if candidates.scratch is not None and candidates.audio.dtype == torch.float32:
            return self._in_one_pass(candidates)
        total = candidates.audio.new_zeros(len(candidates.audio))
        for config, target, log_target, norm in zip(
            MRSTFT_CONFIGS, self.magnitudes, self.logarithms, self.norms, strict=True
        ):
            magnitude = candidates.magnitude(config).clamp(min=MAGNITUDE_FLOOR)
            error = (magnitude - target).flatten(1)
            total = total + torch.linalg.vector_norm(error, dim=1) / norm
            total = total + (logarithm(magnitude) - log_target).abs().flatten(1).mean(1)
        return total / len(MRSTFT_CONFIGS)

    def _in_one_pass(self, candidates: Spectra) -> Tensor:
        """Measure without gradients on the CPU, in three quarters of the time."""
        from patchwright.objectives.distances.magnitude_kernel import (
            magnitude_sums,  # here, because the import compiles
        )

        total = np.zeros(len(candidates.audio))
        for config, target, norm in zip(MRSTFT_CONFIGS, self.rounded, self.norms, strict=True):
            spectra = torch.view_as_real(candidates.spectrum(config)).flatten(1).numpy()
            sums = [magnitude_sums(each, target, np.float32(MAGNITUDE_FLOOR)) for each in spectra]
            squares, logarithms = np.transpose(sums)
            total += np.sqrt(squares) / float(norm) + logarithms / len(target)
        return torch.from_numpy(total / len(MRSTFT_CONFIGS)).to(candidates.audio.dtype)


def _rounded_magnitude(spectrum: Tensor) -> NDArray[np.float32]:
    """Return floored magnitudes of a spectrum in one row, each operation rounded separately."""
    values = torch.view_as_real(spectrum.cpu().to(torch.complex64)).flatten().numpy()
    power = values[0::2] * values[0::2] + values[1::2] * values[1::2]
    magnitude: NDArray[np.float32] = np.maximum(np.sqrt(power), np.float32(MAGNITUDE_FLOOR))
    return magnitude


class MSS:
    """Multi-scale mel spectrogram distance: mean absolute difference in dB.

        D = mean_s mean |L(X) - L(Y)|,   L = 10 log10(M / max M)

    M is the power in Slaney mel bands at scale s (windows of 10, 25 and 100 ms). L is relative to
    the channel's maximum and floored at -80 dB. The inner mean is over bands, frames and channels.
    Equals the difference of `librosa.feature.melspectrogram` after
    `librosa.power_to_db(ref=np.max)`. One loud click shifts the whole spectrogram.

    Blind to: level, and so to the balance of stereo; phase; pitch differences within a mel band;
    whatever is 80 dB below the loudest point.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`).

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((2, 1, 8_000)).astype(np.float32)
        >>> scorer = ObjectiveSet([MSS()], Target(noise[0], 8_000))
        >>> scorer.score(np.stack([0.5 * noise[0], noise[1]])).round(0)
        array([[0.],
               [4.]])
    """

    name = "mss"

    def prepare(self, target: Target) -> PreparedMSS:
        """Compute the target's mel spectrograms.

        Raises:
            ObjectiveError: The sample rate is so low that the shortest hop has no sample.
        """
        target.require_sample_rate(MSS_MIN_SR, name=self.name)
        configs = tuple(
            _mel_config(int(window * target.sr), int(hop * target.sr), n_mels)
            for window, hop, n_mels in MSS_SCALES
        )
        spectra = target_spectra(target)
        decibels = tuple(power_to_db(spectra.mel_power(c)[:1], relative=True)[0] for c in configs)
        return PreparedMSS(configs=configs, decibels=decibels)


@dataclass(frozen=True, eq=False)
class PreparedMSS:
    """The mel spectrograms of a target, at each scale.

    Attributes:
        configs: Transforms.
        decibels: Levels in dB, `[c, frames, bands]` each.
    """

    configs: tuple[MelConfig, ...]
    decibels: tuple[Tensor, ...]

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]` in dB."""
        total = candidates.audio.new_zeros(len(candidates.audio))
        for config, target in zip(self.configs, self.decibels, strict=True):
            decibels = power_to_db(candidates.mel_power(config), relative=True)
            total = total + (decibels - target).abs().flatten(1).mean(1)
        return total / len(self.configs)


def _mel_config(window: int, hop: int, n_mels: int) -> MelConfig:
    """Return librosa's mel spectrogram: a window as long as the FFT, silence beyond the ends."""
    return MelConfig(STFTConfig(window, hop, window, pad_mode="constant"), n_mels)
