"""Distances between linear and logarithmic magnitudes of one short-time spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import DB_PER_NEPER, MIN_POWER
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target

MIN_RMS = 1e-4
"""Root mean square magnitude below which a target counts as this loud."""


class SpectralConvergence:
    """Spectral convergence: the error of linear magnitudes relative to the target's.

        D = || |Y| - |X| ||_F / || |Y| ||_F

    X and Y are the spectra of candidate and target (window 2048, hop 512, Hann, silence around);
    the Frobenius norm is over channels, frames and bins. Without a unit: silence is at 1 from any
    target. The norm of a target with a root mean square magnitude below 1e-4 (some 106 dB below a
    full-scale sine) is taken at that level, so that a silent target gives finite numbers. Level
    counts.

    Not symmetric: too loud costs without limit, too quiet at most 1.

    Blind to: phase; whatever is quiet beside the loudest partials, so most noise, tails and treble.

    Source:
        S. Arik, H. Jun and G. Diamos, Fast Spectrogram Inversion, 2018, arXiv:1808.06719; the
        transform and the minimum level are the choices above.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> scorer = ObjectiveSet([SpectralConvergence()], Target(noise, 8_000))
        >>> scorer.score(np.stack([0.5 * noise, 0 * noise])).round(2)
        array([[0.5],
               [1. ]])
    """

    name = "spectral_convergence"

    def prepare(self, target: Target) -> PreparedSpectralConvergence:
        """Compute the target's magnitudes and their norm; targets may have any length."""
        magnitude = target_spectra(target).magnitude(LIBROSA_STFT)[0]
        minimum = MIN_RMS * magnitude.numel() ** 0.5
        norm = torch.linalg.vector_norm(magnitude).clamp(min=minimum)
        return PreparedSpectralConvergence(magnitude, norm)


@dataclass(frozen=True, eq=False)
class PreparedSpectralConvergence:
    """The magnitudes of a target.

    Attributes:
        magnitude: Magnitudes, `[c, frames, bins]`.
        norm: Divisor of the error, `[]`.
    """

    magnitude: Tensor
    norm: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        magnitude = candidates.magnitude(LIBROSA_STFT)
        out = candidates.out("spectral_convergence difference", tuple(magnitude.shape))
        difference = torch.sub(magnitude, self.magnitude, out=out)
        error: Tensor = torch.linalg.vector_norm(difference.flatten(1), dim=1)
        return error / self.norm


class LSD:
    """Log-spectral distance: root mean square difference of power spectra, in dB.

        D = mean_j sqrt(mean_k (10 log10 P_jk(X) - 10 log10 P_jk(Y))²)

    P is the power of bin k in frame j (window 2048, hop 512, Hann, silence around), at least
    1e-10; the outer mean is over frames and channels. Level counts. Linear bins weigh alike, so
    most of the distance comes from above 5 kHz, and from the noise floor between partials.

    Blind to: phase; powers below 1e-10.

    Source:
        A. Gray and J. Markel, Distance measures for speech processing, 1976, for the root mean
        square of log spectra; the transform and the floor are the choices above.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> ObjectiveSet([LSD()], Target(noise, 8_000)).score(noise[None] / 2).round(2)
        array([[6.02]])
    """

    name = "lsd"

    def prepare(self, target: Target) -> PreparedLSD:
        """Compute the logarithm of the target's power; targets may have any length."""
        return PreparedLSD(_log_power(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedLSD:
    """The log power of a target.

    Attributes:
        log_power: Natural logarithm of the power, `[c, frames, bins]`.
    """

    log_power: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]` in dB."""
        log_power = _log_power(candidates)
        out = candidates.out("lsd", tuple(log_power.shape))
        difference = torch.sub(log_power, self.log_power, out=out)
        # a norm, because the gradient of a square root is infinite at 0
        norms: Tensor = torch.linalg.vector_norm(difference, dim=-1)
        return norms.flatten(1).mean(1) * float(DB_PER_NEPER / LIBROSA_STFT.n_bins**0.5)


def _log_power(sounds: Spectra) -> Tensor:
    """Return the natural logarithm of floored power, `[n, c, frames, bins]`."""
    power = sounds.power(LIBROSA_STFT)
    out = sounds.out("lsd", tuple(power.shape))
    return logarithm(torch.clamp(power, min=MIN_POWER, out=out), out=out)
