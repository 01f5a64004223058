"""Dynamic time warping of cepstral coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import Target

WINDOW, HOP = 0.05, 0.01
"""Window and hop in seconds."""

MIN_SR = 100
"""Lowest sample rate in Hz: one sample per hop."""

N_MELS = 128
N_MFCC = 20


class WMFCC:
    """Dynamic-time-warping distance of 20 mel-frequency cepstral coefficients, in dB.

        D = g(I, J) / (I + J)
        g(i, j) = min(g(i, j-1) + d(i, j), g(i-1, j-1) + 2 d(i, j), g(i-1, j) + d(i, j))
        g(1, 1) = d(1, 1)

    I and J are the numbers of frames. d is the mean absolute difference of two frames over
    coefficients and channels: orthonormal DCT-II of 128 Slaney mel bands in dB (window 50 ms, hop
    10 ms, floored 80 dB below the channel's maximum). One alignment serves all channels. Equals
    `librosa.feature.mfcc(n_mfcc=20)` channel by channel, then
    `librosa.sequence.dtw(weights_mul=[2, 1, 1])`, and so the step pattern `symmetric2` of
    `dtw-python`, which the source calls.

    Level counts, through the first coefficient alone. Memory grows with the square of the length.
    The gradient is discontinuous where two alignments cost the same.

    Blind to: timing, as long as the order of events stays, so that a sound drawn out, hurried or
    delayed costs little; phase; pitch, nearly.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`), which floors stereo at 80 dB
        below the maximum of both channels; H. Sakoe and S. Chiba, Dynamic programming algorithm
        optimization for spoken word recognition, 1978, table I (symmetric, P = 0), for the
        alignment.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> click = np.eye(1, 8_000, 2_000, dtype=np.float32)
        >>> later = np.roll(click, 800)
        >>> scorer = ObjectiveSet([WMFCC()], Target(click, 8_000))
        >>> scorer.score(np.stack([later, noise])).round(0)
        array([[ 0.],
               [38.]])
    """

    name = "wmfcc"

    def prepare(self, target: Target) -> PreparedWMFCC:
        """Compute the target's coefficients; targets may have any length.

        Raises:
            ObjectiveError: The sample rate is so low that a hop has no sample.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        window = int(WINDOW * target.sr)
        stft = STFTConfig(window, int(HOP * target.sr), window, pad_mode="constant")
        mel = MelConfig(stft, N_MELS)
        return PreparedWMFCC(mel, _in_frames(mfcc(target_spectra(target), mel, N_MFCC))[0])


@dataclass(frozen=True, eq=False)
class PreparedWMFCC:
    """The coefficients of a target.

    Attributes:
        mel: Mel spectrogram that they are computed from.
        coefficients: Coefficients, `[frames, c * 20]`.
    """

    mel: MelConfig
    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]` in dB."""
        found = _in_frames(mfcc(candidates, self.mel, N_MFCC))
        costs = torch.cdist(found, self.coefficients[None], p=1.0) / found.shape[-1]
        return dtw_cost(costs) / (costs.shape[1] + costs.shape[2])


def dtw_cost(costs: Tensor) -> Tensor:
    """Compute the cost g(I, J) of the best alignment: Sakoe and Chiba, table I, symmetric, P = 0.

    The first cell counts once, as in librosa and dtw-python. The cells of an anti-diagonal do not
    depend on each other, so a diagonal takes a few array operations.

    Args:
        costs: Local costs d, `[n, rows, columns]`, finite and not negative.

    Returns:
        Costs `[n]`. Differentiable; alignments that tie share the gradient.
    """
    n_rows, n_columns = costs.shape[1:]
    n_diagonals = n_rows + n_columns - 1
    # row i is shifted right by i, so that each anti-diagonal is a column; infinity marks no cell
    padded = functional.pad(costs, (0, n_rows), value=torch.inf).flatten(1)
    skewed = padded[:, : n_rows * n_diagonals].reshape(-1, n_rows, n_diagonals)
    diagonals = skewed.permute(2, 0, 1).contiguous()

    # g on the last two diagonals, with an infinite value before the first row
    before = costs.new_full((len(costs), n_rows + 1), torch.inf)
    latest = functional.pad(diagonals[0], (1, 0), value=torch.inf)
    for diagonal in diagonals[1:]:
        one_step = torch.minimum(latest[:, :-1], latest[:, 1:])
        cheapest = torch.minimum(one_step, before[:, :-1] + diagonal) + diagonal
        before, latest = latest, functional.pad(cheapest, (1, 0), value=torch.inf)
    return latest[:, -1]


def _in_frames(coefficients: Tensor) -> Tensor:
    """Join the channels of coefficients `[n, c, frames, k]` to `[n, frames, c * k]`."""
    return coefficients.transpose(1, 2).flatten(2)
