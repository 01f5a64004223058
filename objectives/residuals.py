"""Differences between sounds and a target, band by band, from which a search can learn directions.

A distance is how far a sound is from the target; its residuals are in which bands. They are not a
score.
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
"""Blocks of equal duration, and bands of equal width in mels."""

WIDTH = BLOCKS * BANDS
"""Values of a single sound; half precision resolves 0.06 dB at 100 dB."""

_MOST_BLOCKS = 24  # of several parts together, unless there are more parts
_WINDOW = 0.0464  # seconds, rounded to a power of two in samples
_MIN_POWER = 1e-10  # power of a band that counts as silence; a full-scale sine has some -15 dB


class Residuals:
    """Levels of blocks of a mel spectrogram minus those of the target, in dB.

    The power of channels is averaged, so that candidates and target may differ in their number of
    channels. A sound's residuals have the same bits in any batch.

    Args:
        target: Sound to match. Each of its parts has blocks of its own: 8, but all together not
            more than 24, and at least one.

    Attributes:
        width: Values of a sound, w.

    Examples:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> residuals = Residuals(Target(noise, 8_000))(0.1 * noise[None])
        >>> residuals.shape, residuals.mean().round()
        ((1, 320), np.float16(-20.0))
    """

    def __init__(self, target: Target) -> None:
        n_fft = 2 ** max(4, round(math.log2(_WINDOW * target.sr)))
        stft = STFTConfig(n_fft, hop=n_fft // 2, window_length=n_fft, pad_mode="constant")
        self._mel = MelConfig(stft, BANDS)
        self._sr = target.sr
        self._parts = target.parts or ((0, target.n_samples),)
        self._blocks = max(1, min(BLOCKS, _MOST_BLOCKS // len(self._parts)))
        self.width = len(self._parts) * self._blocks * BANDS
        self._target = self._decibels(target.audio, None)

    def __call__(self, audio: NDArray[np.floating[Any]]) -> NDArray[np.float16]:
        """Measure sounds `[n, c, t]`: residuals `[n, w]` in dB, NaN for non-finite sounds."""
        found = np.full((len(audio), self.width), np.nan, np.float16)
        scratch = Scratch()
        with torch.no_grad():
            # row by row, each in its own memory, for equal bits: see `ObjectiveSet`
            for row, sound in enumerate(torch.from_numpy(np.require(audio, requirements="W"))):
                found[row] = (self._decibels(sound, scratch) - self._target).numpy()
        return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.float16(np.nan))

    def _decibels(self, sound: Tensor, scratch: Scratch | None) -> Tensor:
        """Return levels in dB of a sound `[c, t]`, `[w]`."""
        levels = []
        for first, stop in self._parts:
            part = Spectra(sound[None, :, first:stop].clone(), self._sr, scratch=scratch)
            power = part.mel_power(self._mel).mean(1) / (self._mel.stft.n_fft / 4) ** 2
            blocks = functional.adaptive_avg_pool2d(power, (self._blocks, BANDS))
            levels.append(10 * torch.log10(blocks + _MIN_POWER).flatten())
        return torch.cat(levels)
