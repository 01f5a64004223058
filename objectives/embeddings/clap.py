"""CLAP: a network that learnt which sentence belongs to which sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.waveform import cut
from patchwright.objectives.extras import reason, require
from patchwright.objectives.target import ObjectiveError


class CLAP(PretrainedEmbedding):
    """CLAP's vectors in the space that sounds share with sentences, at unit length.

    Computed by transformers, with the model's own features. A sound shorter than the model's ten
    seconds is repeated to fill them, as the model was trained; a longer one is cut in pieces of
    ten seconds, the last padded with silence. The frames are the pieces, so most sounds have one.
    No gradient, as the features are numpy's: to ask for one is refused.

    Hears what a listener would name: instrument, material, manner of playing.

    Blind to level, nearly; to what nobody writes about (exact pitch, small changes of timbre, when
    exactly things happen); and to what is above 14 kHz.

    Source:
        Y. Wu et al., Large-Scale Contrastive Language-Audio Pretraining with Feature Fusion and
        Keyword-to-Caption Augmentation, 2023, arXiv:2211.06687; weights from
        laion/clap-htsat-unfused and the like.
    """

    def __init__(self, folder: Path) -> None:
        """Load a model.

        Args:
            folder: A local copy of the model: `config.json`, `preprocessor_config.json` and
                `model.safetensors`. Nothing is fetched, and no pickle is read.

        Raises:
            ObjectiveError: The folder is not there or holds no such model, or transformers is not
                installed.
        """
        if not folder.is_dir():
            raise ObjectiveError(
                f"There is no folder {folder}: get all files of a CLAP model such as "
                "laion/clap-htsat-unfused from the Hugging Face hub, and give their folder."
            )
        transformers = require("transformers", extra="clap")
        try:
            features = transformers.ClapFeatureExtractor.from_pretrained(
                folder, local_files_only=True
            )
            model = transformers.ClapModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError) as error:
            raise ObjectiveError(
                f"{folder} holds no CLAP model that can be read: it needs config.json, "
                f"preprocessor_config.json and model.safetensors ({reason(error)})."
            ) from None
        model.eval().requires_grad_(False)
        network = _Network(features, model)
        super().__init__(f"clap_{folder.name}", features.sampling_rate, network)


class _Network(nn.Module):
    """The features, the audio encoder and the projection."""

    def __init__(self, features: Any, model: Any) -> None:
        super().__init__()
        self._features = features
        self._model = model

    def forward(self, audio: Tensor) -> Tensor:
        """`[1, t]` to `[1, pieces, e]`."""
        if audio.requires_grad:
            raise ObjectiveError("CLAP has no gradient here: use it with methods that need none.")
        longest = self._features.nb_max_samples
        pieces = audio if audio.shape[1] <= longest else cut(audio, longest)
        return torch.stack([self._embed(piece) for piece in pieces])[None]

    def _embed(self, piece: Tensor) -> Tensor:
        """A vector `[e]` of samples `[t]`.

        One at a time: of several, models with feature fusion mark one by chance as a long one.
        """
        features = self._features(
            piece.double().cpu().numpy(),
            sampling_rate=self._features.sampling_rate,
            return_tensors="pt",
        )
        features = features.to(piece.device)
        vector: Tensor = self._model.get_audio_features(**features).pooler_output[0]
        return vector
