"""The distance between cepstral coefficients along the best alignment in time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.mfcc import mfcc
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError, Target

WINDOW = 0.05
HOP = 0.01
"""Seconds."""

N_MELS = 128
N_MFCC = 20


class WMFCC:
    """Dynamic-time-warping distance of 20 mel-frequency cepstral coefficients.

    The orthonormal DCT-II of 128 Slaney mel bands in dB (window 50 ms, hop 10 ms, floor 80 dB
    below the channel's own maximum). Two frames cost the mean absolute difference over
    coefficients and channels; one alignment serves all channels. Of all alignments from the first
    frames to the last, in steps of one frame in either sound or in both, the cheapest counts, a
    step in both costing twice its frame; the sum is divided by the frames of both sounds. In
    decibels. Equals `librosa.feature.mfcc(n_mfcc=20)` channel by channel, then
    `librosa.sequence.dtw(weights_mul=[2, 1, 1])`, and so the step pattern `symmetric2` of the
    `dtw-python` that the source calls.

    Blind to when things happen, as long as their order stays: a sound drawn out, hurried or
    delayed costs little, and silence of any length is as good as a moment of it. Blind to phase
    and nearly to pitch. Level counts, through the first coefficient alone. Memory grows with the
    square of the length. The slope jumps where two alignments cost the same.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`), which floors stereo at 80 dB
        below the maximum of both channels; H. Sakoe and S. Chiba, 1978, for the alignment.
    """

    name = "wmfcc"

    def prepare(self, target: Target) -> PreparedWMFCC:
        """Keep the target's coefficients; any length of target will do.

        Raises:
            ObjectiveError: The sample rate is so low that the hop has no sample.
        """
        if int(HOP * target.sr) < 1:
            raise ObjectiveError(
                f"wmfcc needs a sample rate of at least 100 Hz, not {target.sr}: "
                "resample the target."
            )
        window = int(WINDOW * target.sr)
        stft = STFTConfig(window, int(HOP * target.sr), window, pad_mode="constant")
        mel = MelConfig(stft, N_MELS)
        return PreparedWMFCC(mel, _in_frames(mfcc(target_spectra(target), mel, N_MFCC))[0])


@dataclass(frozen=True, eq=False)
class PreparedWMFCC:
    """A target's coefficients `[frames, c * 20]`, and the mel spectrogram beneath."""

    mel: MelConfig
    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        found = _in_frames(mfcc(candidates, self.mel, N_MFCC))
        costs = torch.cdist(found, self.coefficients[None], p=1.0) / found.shape[-1]
        return cheapest_alignment(costs) / (costs.shape[1] + costs.shape[2])


def cheapest_alignment(costs: Tensor) -> Tensor:
    """The least sum of costs from the first cell of a matrix to the last.

    Steps lead one row down, one column on, or both at once, which counts the cell it reaches
    twice; the first cell counts once. The cells of an anti-diagonal are independent of each
    other, so each takes a few array operations.

    Args:
        costs: Costs `[n, rows, columns]`, finite and not negative.

    Returns:
        Sums `[n]`. Differentiable; where alignments tie they share the slope.
    """
    n_rows, n_columns = costs.shape[1:]
    n_diagonals = n_rows + n_columns - 1
    # Row i moved right by i: each anti-diagonal is a column. No cell lies where infinity does.
    padded = functional.pad(costs, (0, n_rows), value=torch.inf).flatten(1)
    skewed = padded[:, : n_rows * n_diagonals].reshape(-1, n_rows, n_diagonals)
    diagonals = skewed.permute(2, 0, 1).contiguous()

    # Sums of the last two diagonals, with an infinite one before the first row.
    before = costs.new_full((len(costs), n_rows + 1), torch.inf)
    latest = functional.pad(diagonals[0], (1, 0), value=torch.inf)
    for diagonal in diagonals[1:]:
        one_step = torch.minimum(latest[:, :-1], latest[:, 1:])
        cheapest = torch.minimum(one_step, before[:, :-1] + diagonal) + diagonal
        before, latest = latest, functional.pad(cheapest, (1, 0), value=torch.inf)
    return latest[:, -1]


def _in_frames(coefficients: Tensor) -> Tensor:
    """Coefficients `[n, c, frames, k]` of all channels side by side, `[n, frames, c * k]`."""
    return coefficients.transpose(1, 2).flatten(2)
