"""Spectral optimal transport."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra, STFTConfig
from patchwright.objectives.target import Target

WINDOW, HOP = 0.050, 0.020
"""Window and hop in seconds."""

MIN_SR = 60
"""Lowest sample rate in Hz: three samples per window."""

MIN_MEAN_MAGNITUDE = 1e-5
"""Mean magnitude below which a frame counts as this loud, so that it fades to silence."""


class SOT:
    """Spectral optimal transport: how far magnitude has to move along the frequency axis.

        D = mean |F(X) - F(Y)|,   F_k = Σ_{i<=k} |X_i| / Σ_i |X_i|

    F is the cumulative distribution of a frame's magnitudes over frequency (window 50 ms, hop
    20 ms, Hann, silence around, FFT as long as the window); the mean is over bins, frames and
    channels. In one dimension this is the first Wasserstein distance, W1 = ∫ |F - G| df, here as a
    share of the band from 0 Hz to half the sample rate: 0.1 at 44.1 kHz is a move by 2.2 kHz. The
    sum of a frame with a mean magnitude below 1e-5 is taken at that level, so that a silent frame
    stays 0, which is finite and apart from every sound.

    The distance grows with the interval, so the gradient points to the target's pitch from any
    distance. The scale is linear: low notes are hardly told apart, and faint noise, which lies in
    all bins, weighs as much as a loud tone.

    Blind to: level, and so to dynamics and the balance of stereo; phase.

    Source:
        B. Torres, G. Peeters and G. Richard, Unsupervised Harmonic Parameter Estimation Using
        Differentiable DSP and Spectral Optimal Transport, 2024, arXiv:2312.14507, for transport
        between spectra; the transform, W1 by cumulative sums and silent frames are the choices
        above.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> time = np.arange(16_000, dtype=np.float32)[None] / 16_000
        >>> tones = [np.sin(2 * np.pi * hz * time) for hz in (1_000, 2_000, 5_000)]
        >>> scorer = ObjectiveSet([SOT()], Target(tones[0], 16_000))
        >>> scorer.score(np.stack(tones)).round(2)  # 1 and 4 kHz of 8 kHz
        array([[0.  ],
               [0.12],
               [0.5 ]])
    """

    name = "sot"

    def prepare(self, target: Target) -> PreparedSOT:
        """Compute the target's cumulative spectra; targets may have any length.

        Raises:
            ObjectiveError: The sample rate is so low that a window has fewer than 3 samples.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        window, hop = round(WINDOW * target.sr), round(HOP * target.sr)
        config = STFTConfig(n_fft=window, hop=hop, window_length=window, pad_mode="constant")
        return PreparedSOT(config, cumulative_spectra(target_spectra(target), config)[0])


@dataclass(frozen=True, eq=False)
class PreparedSOT:
    """The cumulative spectra of a target.

    Attributes:
        config: Transform.
        cumulative: Cumulative spectra, `[c, frames, bins]`.
    """

    config: STFTConfig
    cumulative: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        cumulative = cumulative_spectra(candidates, self.config)
        out = candidates.out("sot", tuple(cumulative.shape))
        difference = torch.sub(cumulative, self.cumulative, out=out)
        return torch.abs(difference, out=out).flatten(1).mean(1)


def cumulative_spectra(sounds: Spectra, config: STFTConfig) -> Tensor:
    """Compute the cumulative distribution of each frame's magnitudes over frequency.

    Args:
        sounds: Sounds `[n, c, t]`.
        config: Transform.

    Returns:
        Values rising from about 0 to 1 in each frame, `[n, c, frames, bins]`; 0 in silent frames.
    """
    magnitude = sounds.magnitude(config)
    minimum = MIN_MEAN_MAGNITUDE * config.n_bins
    total = magnitude.sum(-1, keepdim=True).clamp(min=minimum)
    out = sounds.out("sot", tuple(magnitude.shape))
    return torch.cumsum(torch.div(magnitude, total, out=out), dim=-1, out=out)
