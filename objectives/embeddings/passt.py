"""PaSST: a vision transformer on mel spectrograms, trained with patchout."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.kaldi_mel import HOP, N_MELS, SAMPLE_RATE, kaldi_log_mel
from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.transformer import PATCH, PatchTransformer
from patchwright.objectives.embeddings.weights import Weights, read_weights
from patchwright.objectives.target import ObjectiveError

_STRIDES = (10, 12, 14, 16)
_HEAD_SIZE = 64


class PaSST(PretrainedEmbedding):
    """Mean of PaSST's class and distillation tokens: 768 values for a sound of up to 10 s.

    A longer sound is split into equal, evenly spaced, overlapping pieces of the maximum length
    that the model has time positions for (10.05 s; 20 s and 30 s in the models of these names);
    frames are the pieces. Depth, width, stride and length are read from the file. Only models with
    128 bands every 10 ms are supported. Models with another hop (`stfthop100`, `stfthop160`)
    cannot be told apart by their file and would give meaningless vectors.

    Hears: what distinguishes the sounds of AudioSet.

    Blind to: phase; frequencies above 15 kHz.

    Source:
        K. Koutini, J. Schlüter, H. Eghbal-zadeh and G. Widmer, Efficient Training of Audio
        Transformers with Patchout, Interspeech 2022; weights from kkoutini/PaSST, definition in
        kkoutini/passt_hear21 (Apache 2.0), whose 1295 values are 527 logits followed by these.
    """

    def __init__(self, weights: Path) -> None:
        """Load a model.

        Args:
            weights: Published state dict (such as `passt-s-f128-p16-s10-ap.476-swa.pt`), converted
                to safetensors without renaming.

        Raises:
            ObjectiveError: The file is missing, cannot be read, or is of another model.
        """
        file = read_weights(
            weights, model="a PaSST model such as passt_s_swa_p16_128_ap476 from kkoutini/PaSST"
        )
        transformer = _transformer(file)
        file.fill(transformer)
        super().__init__(f"passt_{weights.stem}", SAMPLE_RATE, _Summary(transformer))


def _transformer(file: Weights) -> PatchTransformer:
    """Build the network that a file's shapes describe, without weights."""
    _, width, n_frequencies, _ = file.shape("freq_new_pos_embed", 4)
    _, _, _, n_times = file.shape("time_new_pos_embed", 4)
    hidden, _ = file.shape("blocks.0.mlp.fc1.weight", 2)
    n_classes, _ = file.shape("head_dist.weight", 2)
    strides = [stride for stride in _STRIDES if N_MELS // stride == n_frequencies]
    if not strides or width % _HEAD_SIZE:
        raise ObjectiveError(
            f"{file.path} contains an unknown PaSST model of {n_frequencies} frequency positions "
            f"and tokens of {width} values: give a published one, of 8, 9, 10 or 12 positions and "
            "a multiple of 64 values."
        )
    depth = len({name.split(".")[1] for name in file.tensors if name.startswith("blocks.")})
    with torch.device("meta"):
        return PatchTransformer(
            width=width,
            depth=depth,
            n_heads=width // _HEAD_SIZE,
            hidden=hidden,
            stride=strides[0],
            n_frequencies=n_frequencies,
            n_times=n_times,
            n_classes=n_classes,
        )


class _Summary(nn.Module):
    """Front end and network, piece by piece."""

    def __init__(self, transformer: PatchTransformer) -> None:
        super().__init__()
        self.transformer = transformer
        n_frames = (transformer.n_times - 1) * transformer.stride + PATCH + transformer.stride - 1
        self.max_samples = n_frames * HOP

    def forward(self, audio: Tensor) -> Tensor:
        """Embed samples `[1, t]` at 32 kHz: vectors `[1, pieces, e]`."""
        pieces = evenly_spaced_pieces(audio[0], self.max_samples)
        # one at a time, to save memory
        summaries = [
            self.transformer(kaldi_log_mel(piece[None])[:, None]) for piece in pieces.unbind()
        ]
        return torch.stack(summaries, dim=1)


def evenly_spaced_pieces(audio: Tensor, max_samples: int) -> Tensor:
    """Split a sound into as few pieces as cover it, the first at its start, the last at its end.

    Args:
        audio: Samples `[t]`.
        max_samples: Maximum length of a piece in samples.

    Returns:
        Pieces `[pieces, min(t, max_samples)]`.
    """
    n_samples = audio.shape[0]
    length = min(n_samples, max_samples)
    n_pieces = -(-n_samples // length)
    room = n_samples - length
    starts = [room * piece // max(1, n_pieces - 1) for piece in range(n_pieces)]
    return torch.stack([audio[start : start + length] for start in starts])
