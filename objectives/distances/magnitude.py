"""Distances between the magnitudes of one short-time spectrum: linear and logarithmic."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import DB_PER_NEPER, LEAST_POWER
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target

LEAST_RMS = 1e-4
"""Root of the mean squared magnitude below which a target counts as this loud."""


class SpectralConvergence:
    """Spectral convergence: the error of linear magnitudes as a share of the target's.

    `|| |Y| - |X| || / || |Y| ||`, Frobenius over channels, frames and bins, `Y` the target (window
    2048, hop 512, Hann, silence around). Without a unit: silence is 1 from any target. A target
    whose magnitudes have a root mean square below 1e-4 (some 106 dB below a sine of full scale)
    is divided by the norm at that level instead, so that a silent one gives a finite number.

    Blind to phase, to what is quiet beside the loudest partials (so to most noise, tails and
    treble), and not symmetric: too loud costs without limit, too quiet costs at most 1.

    Source:
        S. Arik, H. Jun and G. Diamos, Fast Spectrogram Inversion, 2018, arXiv:1808.06719; the
        transform and the least level are the choices above.
    """

    name = "spectral_convergence"

    def prepare(self, target: Target) -> PreparedSpectralConvergence:
        """Keep the target's magnitudes and their norm; any length of target will do."""
        magnitude = target_spectra(target).magnitude(LIBROSA_STFT)[0]
        least = LEAST_RMS * magnitude.numel() ** 0.5
        norm = torch.linalg.vector_norm(magnitude).clamp(min=least)
        return PreparedSpectralConvergence(magnitude, norm)


@dataclass(frozen=True, eq=False)
class PreparedSpectralConvergence:
    """A target's magnitudes `[c, frames, bins]` and what the error is divided by `[]`."""

    magnitude: Tensor
    norm: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        magnitude = candidates.magnitude(LIBROSA_STFT)
        out = candidates.out("spectral_convergence difference", tuple(magnitude.shape))
        difference = torch.sub(magnitude, self.magnitude, out=out)
        error: Tensor = torch.linalg.vector_norm(difference.flatten(1), dim=1)
        return error / self.norm


class LSD:
    """Log-spectral distance: the root mean square difference of power spectra in dB, by frame.

    In each frame the root of the mean over bins of the squared difference of `10 log10` power
    (window 2048, hop 512, Hann, silence around; power floored at 1e-10); then the mean over
    frames and channels. In decibels. Level counts.

    Blind to phase and to what is below a power of 1e-10; weighs every linear bin alike, so most
    of it is heard above 5 kHz, and a bin between the partials as much as one on them: the noise
    floor, or silence there, outweighs the tone.

    Source:
        A. Gray and J. Markel, Distance measures for speech processing, 1976, for the root mean
        square of log spectra; the transform and the floor are the choices above.
    """

    name = "lsd"

    def prepare(self, target: Target) -> PreparedLSD:
        """Keep the logarithm of the target's power; any length of target will do."""
        return PreparedLSD(_log_power(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedLSD:
    """The natural logarithm of a target's power, `[c, frames, bins]`."""

    log_power: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        log_power = _log_power(candidates)
        out = candidates.out("lsd", tuple(log_power.shape))
        difference = torch.sub(log_power, self.log_power, out=out)
        # A norm, as a root has no finite slope at 0.
        norms: Tensor = torch.linalg.vector_norm(difference, dim=-1)
        return norms.flatten(1).mean(1) * float(DB_PER_NEPER / LIBROSA_STFT.n_bins**0.5)


def _log_power(sounds: Spectra) -> Tensor:
    """The natural logarithm of floored power, `[n, c, frames, bins]`, of sounds `[n, c, t]`."""
    power = sounds.power(LIBROSA_STFT)
    out = sounds.out("lsd", tuple(power.shape))
    return logarithm(torch.clamp(power, min=LEAST_POWER, out=out), out=out)
