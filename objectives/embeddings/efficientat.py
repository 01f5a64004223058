"""EfficientAT: a MobileNetV3 trained by transformers to tag AudioSet."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.kaldi_mel import SAMPLE_RATE, kaldi_log_mel
from patchwright.objectives.embeddings.mobilenet import LAST_CHANNELS, MobileNet
from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.weights import read_weights


class EfficientAT(PretrainedEmbedding):
    """Features of EfficientAT's `mn` models before the classifier, averaged over frequency.

    A frame lasts 0.32 s; the mean over frames is the embedding that the authors evaluate (`e1`):
    960 values for mn10, 1920 for mn20. The width is read from the file. Only models with the front
    end of mn01_as ... mn40_as are supported (128 bands every 10 ms). Models with another hop or
    other bands (`mn10_as_hop_20`, `mn10_as_mels_64`) cannot be told apart by their file and would
    give meaningless vectors.

    Hears: what distinguishes the sounds of AudioSet.

    Blind to: phase; frequencies above 15 kHz; the order of frames in `embed`.

    Source:
        F. Schmid, K. Koutini and G. Widmer, Efficient Large-Scale Audio Tagging via
        Transformer-to-CNN Knowledge Distillation, 2023; weights from fschmid56/EfficientAT.
    """

    def __init__(self, weights: Path) -> None:
        """Load a model.

        Args:
            weights: Published state dict (such as `mn10_as_mAP_471.pt`), converted to safetensors
                without renaming.

        Raises:
            ObjectiveError: The file is missing, cannot be read, or is of another model.
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
    """Front end, network and mean over frequency."""

    def __init__(self, mobilenet: MobileNet) -> None:
        super().__init__()
        self.mobilenet = mobilenet

    def forward(self, audio: Tensor) -> Tensor:
        """Embed samples `[1, t]` at 32 kHz: vectors `[1, frames, e]`."""
        features: Tensor = self.mobilenet(kaldi_log_mel(audio)[:, None])
        return features.mean(2).transpose(1, 2)
