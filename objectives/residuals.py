"""How sounds differ from a target, band by band: what a search can learn directions from.

A distance says how far a sound is, its residuals say in what. They are not a score.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import Target

BLOCKS, BANDS = 8, 40
"""Of equal duration, and of equal width in mels."""

WIDTH = BLOCKS * BANDS
"""Numbers in the residuals of one sound; half precision is .06 dB at 100 dB."""

_WINDOW = 0.0464  # seconds, of which the nearest power of two is taken
_LEAST = 1e-10  # power of a band that counts as silence; a full-scale sine has some -15 dB


class Residuals:
    """Decibels of blocks of a mel spectrogram, less those of the target.

    Channels are averaged in power, so that candidates and target may differ in their number. A
    sound's residuals have the same bits in any batch.

    Args:
        target: The sound to be matched.
    """

    def __init__(self, target: Target) -> None:
        n_fft = 2 ** max(4, round(math.log2(_WINDOW * target.sr)))
        stft = STFTConfig(n_fft, hop=n_fft // 2, window_length=n_fft, pad_mode="constant")
        self._mel = MelConfig(stft, BANDS)
        self._sr = target.sr
        self._target = self._decibels(Spectra(target.audio[None], target.sr))

    def __call__(self, audio: NDArray[np.floating[Any]]) -> NDArray[np.float16]:
        """Measure sounds `[n, c, t]`: `[n, WIDTH]`, NaN where they are not finite."""
        found = np.full((len(audio), WIDTH), np.nan, np.float16)
        scratch = Scratch()
        with torch.no_grad():
            # a row at a time, in memory of its own: see `ObjectiveSet`
            for row, sound in enumerate(torch.from_numpy(np.require(audio, requirements="W"))):
                spectra = Spectra(sound[None].clone(), self._sr, scratch=scratch)
                found[row] = (self._decibels(spectra) - self._target)[0].numpy()
        return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.float16(np.nan))

    def _decibels(self, sounds: Spectra) -> Tensor:
        """Of sounds `[n, c, t]`, `[n, WIDTH]`."""
        power = sounds.mel_power(self._mel).mean(1) / (self._mel.stft.n_fft / 4) ** 2
        blocks = functional.adaptive_avg_pool2d(power, (BLOCKS, BANDS))
        return (10 * torch.log10(blocks + _LEAST)).flatten(1)
