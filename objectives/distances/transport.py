"""The distance that spectral energy has to be moved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError, Target

WINDOW, HOP = 0.050, 0.020
"""Seconds."""

LEAST_SR = 60
"""Hz: three samples a window."""

LEAST_MEAN_MAGNITUDE = 1e-5
"""Mean magnitude of a frame below which it counts as this loud, and so fades out."""


class SOT:
    """Spectral optimal transport: how far along the frequency axis magnitude has to be moved.

    Each frame's magnitudes (window 50 ms, hop 20 ms, Hann, silence around, an FFT as long as the
    window) are divided by their sum; then the mean over bins, frames and channels of the absolute
    difference of their cumulative sums over frequency. This is the first Wasserstein distance
    between two frames, as a share of the band from 0 Hz to half the sample rate: 0.1 at 44.1 kHz
    is a move by 2.2 kHz. A frame whose mean magnitude is below 1e-5 is divided by the sum at that
    level instead: a silent one stays 0, which is finite and apart from every sound.

    Pitch counts by its distance, so a candidate that is far off still feels which way to go.
    Blind to level (each frame is counted from its own sum, so also to dynamics and to the balance
    of stereo) and to phase; on the linear scale low notes are hardly told apart, and faint noise,
    as it lies in all bins, weighs as much as a loud tone.

    Source:
        B. Torres, G. Peeters and G. Richard, Unsupervised Harmonic Parameter Estimation Using
        Differentiable DSP and Spectral Optimal Transport, 2024, arXiv:2312.14507, for transport
        between spectra; the transform, the cumulative sums and the silent frames are the choices
        above.
    """

    name = "sot"

    def prepare(self, target: Target) -> PreparedSOT:
        """Keep the target's cumulative spectra; any length of target will do.

        Raises:
            ObjectiveError: The sample rate is so low that the window has fewer than 3 samples.
        """
        if target.sr < LEAST_SR:
            raise ObjectiveError(
                f"sot needs a sample rate of at least {LEAST_SR} Hz, not {target.sr}: "
                "resample the target."
            )
        window, hop = round(WINDOW * target.sr), round(HOP * target.sr)
        config = STFTConfig(n_fft=window, hop=hop, window_length=window, pad_mode="constant")
        return PreparedSOT(config, cumulative_spectra(target_spectra(target), config)[0])


@dataclass(frozen=True, eq=False)
class PreparedSOT:
    """A target's cumulative spectra `[c, frames, bins]`, and the transform beneath."""

    config: STFTConfig
    cumulative: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        cumulative = cumulative_spectra(candidates, self.config)
        out = candidates.out("sot", tuple(cumulative.shape))
        difference = torch.sub(cumulative, self.cumulative, out=out)
        return torch.abs(difference, out=out).flatten(1).mean(1)


def cumulative_spectra(sounds: Spectra, config: STFTConfig) -> Tensor:
    """Cumulative sums over frequency of each frame's share of magnitude.

    Args:
        sounds: Sounds `[n, c, t]`.
        config: The transform.

    Returns:
        Rising from about 0 to 1 in each frame, `[n, c, frames, bins]`; 0 where a frame is silent.
    """
    magnitude = sounds.magnitude(config)
    least = LEAST_MEAN_MAGNITUDE * config.n_bins
    total = magnitude.sum(-1, keepdim=True).clamp(min=least)
    out = sounds.out("sot", tuple(magnitude.shape))
    return torch.cumsum(torch.div(magnitude, total, out=out), dim=-1, out=out)
