"""EfficientAT: a MobileNetV3 that learnt to tag AudioSet from transformers."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.kaldi_mel import SAMPLE_RATE, kaldi_log_mel
from patchwright.objectives.embeddings.mobilenet import LAST_CHANNELS, MobileNet
from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.weights import read_weights


class EfficientAT(PretrainedEmbedding):
    """Features of EfficientAT's `mn` models before their classifier, pooled over frequency.

    A frame lasts 0.32 s; the mean over frames is the embedding that the authors evaluate (`e1`):
    960 numbers for mn10, 1920 for mn20. The width is read from the file. Only models with the
    front end of mn01_as ... mn40_as are meant (128 bands each 10 ms); the file cannot tell those
    with another hop or other bands (`mn10_as_hop_20`, `mn10_as_mels_64`), which would give
    senseless vectors.

    Blind to phase, to what is above 15 kHz, and to the order of moments in `embed`.

    Source:
        F. Schmid, K. Koutini and G. Widmer, Efficient Large-Scale Audio Tagging via
        Transformer-to-CNN Knowledge Distillation, 2023; weights from fschmid56/EfficientAT.
    """

    def __init__(self, weights: Path) -> None:
        """Load a model.

        Args:
            weights: A published state dict (`mn10_as_mAP_471.pt` and the like), converted to
                safetensors with its names as they are.

        Raises:
            ObjectiveError: The file is not there, cannot be read, or is of another model.
        """
        file = read_weights(
            weights, model="an EfficientAT model such as mn10_as from fschmid56/EfficientAT"
        )
        _, channels, _, _ = file.shape("features.16.0.weight", 4)
        n_classes, _ = file.shape("classifier.5.weight", 2)
        with torch.device("meta"):
            mobilenet = MobileNet(width=channels / LAST_CHANNELS, n_classes=n_classes)
        file.fill(mobilenet)
        super().__init__(f"efficientat_{weights.stem}", SAMPLE_RATE, _Tagger(mobilenet))


class _Tagger(nn.Module):
    """The front end, the network, and the mean over frequency."""

    def __init__(self, mobilenet: MobileNet) -> None:
        super().__init__()
        self.mobilenet = mobilenet

    def forward(self, audio: Tensor) -> Tensor:
        """`[1, t]` at 32 kHz to `[1, frames, e]`."""
        features: Tensor = self.mobilenet(kaldi_log_mel(audio)[:, None])
        return features.mean(2).transpose(1, 2)
