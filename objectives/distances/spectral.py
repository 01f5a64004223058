"""Distances between spectrograms: multi-resolution STFT and multi-scale mel spectrograms."""

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
from patchwright.objectives.target import ObjectiveError, Target

MRSTFT_CONFIGS = (
    STFTConfig(n_fft=1024, hop=120, window_length=600, pad_mode="reflect"),
    STFTConfig(n_fft=2048, hop=240, window_length=1200, pad_mode="reflect"),
    STFTConfig(n_fft=512, hop=50, window_length=240, pad_mode="reflect"),
)

MAGNITUDE_FLOOR = 1e-4
"""Least magnitude (auraloss: a power of 1e-8): no log of 0."""

MSS_SCALES = ((0.010, 0.005, 32), (0.025, 0.010, 64), (0.100, 0.050, 128))
"""Window in seconds, hop in seconds, number of mel bands."""


class MRSTFT:
    """Multi-resolution STFT distance: spectral convergence plus the L1 of log magnitudes.

    At each resolution, `|| |Y| - |X| || / || |Y| ||` (Frobenius, over channels, frames and bins,
    `Y` the target) plus the mean of `| log|X| - log|Y| |`; then the mean over resolutions. Equals
    `auraloss.freq.MultiResolutionSTFTLoss()` of auraloss 0.4 for a batch of one. Without a unit.

    Blind to phase, so to polarity, to the order of events within a window, and largely to delays
    of a few samples; weighs every linear bin alike, so most of it is heard above 5 kHz; sees
    nothing quieter than a magnitude of 1e-4.

    Source:
        R. Yamamoto et al., Parallel WaveGAN, 2019, arXiv:1910.11480; C. Steinmetz and J. Reiss,
        auraloss, 2020.
    """

    name = "mrstft"

    def prepare(self, target: Target) -> PreparedMRSTFT:
        """Keep the target's magnitudes.

        Raises:
            ObjectiveError: The target has 1024 samples or fewer, too few to be mirrored.
        """
        least = max(config.least_samples for config in MRSTFT_CONFIGS)
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
    """A target's magnitudes `[c, frames, bins]` at each resolution, their logs and their norms.

    `rounded` are the magnitudes once more, `[c * frames * bins]`, rounded as `magnitude_kernel`
    rounds them.
    """

    magnitudes: tuple[Tensor, ...]
    logarithms: tuple[Tensor, ...]
    norms: tuple[Tensor, ...]
    rounded: tuple[NDArray[np.float32], ...]

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
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
        """The same without gradients, on the CPU, in three quarters of the time."""
        from patchwright.objectives.distances.magnitude_kernel import (
            magnitude_sums,  # here, as its import compiles
        )

        total = np.zeros(len(candidates.audio))
        for config, target, norm in zip(MRSTFT_CONFIGS, self.rounded, self.norms, strict=True):
            spectra = torch.view_as_real(candidates.spectrum(config)).flatten(1).numpy()
            sums = [magnitude_sums(each, target, np.float32(MAGNITUDE_FLOOR)) for each in spectra]
            squares, logarithms = np.transpose(sums)
            total += np.sqrt(squares) / float(norm) + logarithms / len(target)
        return torch.from_numpy(total / len(MRSTFT_CONFIGS)).to(candidates.audio.dtype)


def _rounded_magnitude(spectrum: Tensor) -> NDArray[np.float32]:
    """Floored magnitudes of a spectrum, in one row, each operation rounded on its own."""
    values = torch.view_as_real(spectrum.cpu().to(torch.complex64)).flatten().numpy()
    power = values[0::2] * values[0::2] + values[1::2] * values[1::2]
    magnitude: NDArray[np.float32] = np.maximum(np.sqrt(power), np.float32(MAGNITUDE_FLOOR))
    return magnitude


class MSS:
    """Multi-scale mel spectrogram distance: the mean absolute difference in dB.

    At each of three scales (windows of 10, 25 and 100 ms), Slaney mel power in dB below the
    channel's own maximum, floored at -80 dB; then the mean over bands, frames, channels and
    scales. In decibels. Equals the same with `librosa.feature.melspectrogram` and
    `librosa.power_to_db(ref=np.max)`.

    Blind to level (each channel is counted from its own maximum, so also to the balance of
    stereo), to phase, to what lies 80 dB below the loudest point, and to pitch differences
    within a mel band. One loud click moves the whole picture.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`).
    """

    name = "mss"

    def prepare(self, target: Target) -> PreparedMSS:
        """Keep the target's mel spectrograms in dB.

        Raises:
            ObjectiveError: The sample rate is so low that the shortest hop has no sample.
        """
        if int(MSS_SCALES[0][1] * target.sr) < 1:
            raise ObjectiveError(
                f"mss needs a sample rate of at least 200 Hz, not {target.sr}: resample the target."
            )
        configs = tuple(
            _mel_config(int(window * target.sr), int(hop * target.sr), n_mels)
            for window, hop, n_mels in MSS_SCALES
        )
        spectra = target_spectra(target)
        decibels = tuple(power_to_db(spectra.mel_power(c)[:1], relative=True)[0] for c in configs)
        return PreparedMSS(configs=configs, decibels=decibels)


@dataclass(frozen=True, eq=False)
class PreparedMSS:
    """A target's mel spectrograms in dB, `[c, frames, bands]` at each scale."""

    configs: tuple[MelConfig, ...]
    decibels: tuple[Tensor, ...]

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        total = candidates.audio.new_zeros(len(candidates.audio))
        for config, target in zip(self.configs, self.decibels, strict=True):
            decibels = power_to_db(candidates.mel_power(config), relative=True)
            total = total + (decibels - target).abs().flatten(1).mean(1)
        return total / len(self.configs)


def _mel_config(window: int, hop: int, n_mels: int) -> MelConfig:
    """Librosa's mel spectrogram with a window as long as the FFT and silence beyond the ends."""
    return MelConfig(STFTConfig(window, hop, window, pad_mode="constant"), n_mels)
