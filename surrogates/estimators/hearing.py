"""What an estimator hears of a sound: a scaled log-mel spectrogram, or a scaled embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and deviation of each band, or of each number of an embedding, over a dataset.

    Attributes:
        mean: Means, `[b]`.
        deviation: Standard deviations, `[b]`, above 0.
    """

    mean: Tensor
    deviation: Tensor

    @classmethod
    def fit(cls, heard: NDArray[np.floating]) -> Scale:
        """Fit to spectrograms `[n, b, f]`."""
        wide = heard.astype(np.float64)
        mean, deviation = wide.mean(axis=(0, 2)), wide.std(axis=(0, 2))
        least = 1e-3 * max(float(deviation.max()), 1e-6)  # of bands that are always silent
        return cls(
            torch.from_numpy(mean).float(), torch.from_numpy(np.maximum(deviation, least)).float()
        )

    def __call__(self, heard: Tensor) -> Tensor:
        """Scale spectrograms `[n, b, f]`."""
        return (heard - self.mean[:, None]) / self.deviation[:, None]
