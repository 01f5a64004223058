"""CLAP: a network trained to match sounds with sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.waveform import split
from patchwright.objectives.extras import last_line, require
from patchwright.objectives.target import ObjectiveError

_TOKENIZERS = ("tokenizer.json", "vocab.json")


class CLAP(PretrainedEmbedding):
    """CLAP's unit vectors in the space that sounds share with sentences.

    Computed by transformers, with the model's own features. A sound shorter than the model's ten
    seconds is repeated to fill them, as in training; a longer one is split into pieces of ten
    seconds, the last padded with silence. Frames are the pieces, so most sounds have one. There is
    no gradient, because the features are computed by numpy; needing one is an error.

    Hears: what a listener would name: instrument, material, manner of playing.

    Blind to: level, nearly; whatever nobody writes about, such as exact pitch, small changes of
    timbre and exact timing; frequencies above 14 kHz.

    Source:
        Y. Wu et al., Large-Scale Contrastive Language-Audio Pretraining with Feature Fusion and
        Keyword-to-Caption Augmentation, 2023, arXiv:2211.06687; weights from
        laion/clap-htsat-unfused and the like.
    """

    def __init__(self, folder: Path) -> None:
        """Load a model.

        Args:
            folder: Local copy of the model: `config.json`, `preprocessor_config.json` and
                `model.safetensors`. Nothing is downloaded, and pickles are not read.

        Raises:
            ObjectiveError: The folder is missing or contains no such model, or transformers is not
                installed.
        """
        if not folder.is_dir():
            raise ObjectiveError(
                f"There is no folder {folder}: download all files of a CLAP model such as "
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
                f"{folder} contains no readable CLAP model: it needs config.json, "
                f"preprocessor_config.json and model.safetensors ({last_line(error)})."
            ) from None
        model.eval().requires_grad_(False)
        self._folder, self._model = folder, model
        network = _Network(features, model)
        super().__init__(f"clap_{folder.name}", features.sampling_rate, network)

    def embed_text(self, text: str) -> Tensor:
        """Embed words in the space of sounds.

        Args:
            text: Words such as ``warm pad``; of more than the model reads, the beginning counts.

        Returns:
            Unit vector, `[e]`.

        Raises:
            ObjectiveError: The folder has no tokenizer.
        """
        transformers = require("transformers", extra="clap")
        why = "none of its files is there"
        tokenizer = None
        if any((self._folder / name).is_file() for name in _TOKENIZERS):  # else it would be empty
            try:
                tokenizer = transformers.AutoTokenizer.from_pretrained(
                    self._folder, local_files_only=True, trust_remote_code=False
                )
            except (OSError, ValueError) as error:
                why = last_line(error)
        if tokenizer is None:
            raise ObjectiveError(
                f"{self._folder} has no readable tokenizer, which words need ({why}): download "
                "tokenizer.json and tokenizer_config.json of the model as well."
            )
        # positions begin after the padding's number, as in RoBERTa
        settings = self._model.config.text_config
        most = settings.max_position_embeddings - settings.pad_token_id - 1
        tokens = tokenizer([text], truncation=True, max_length=most, return_tensors="pt")
        if int(tokens["input_ids"].max()) >= settings.vocab_size:
            raise ObjectiveError(
                f"The tokenizer in {self._folder} is of another model: download all files of one."
            )
        with torch.no_grad():
            words = self._model.get_text_features(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            )
        vector: Tensor = words.pooler_output[0]
        return vector


class _Network(nn.Module):
    """Features, audio encoder and projection."""

    def __init__(self, features: Any, model: Any) -> None:
        super().__init__()
        self._features = features
        self._model = model

    def forward(self, audio: Tensor) -> Tensor:
        """Embed samples `[1, t]`: vectors `[1, pieces, e]`."""
        if audio.requires_grad:
            raise ObjectiveError("CLAP has no gradient: use it with methods that need none.")
        longest = self._features.nb_max_samples
        pieces = audio if audio.shape[1] <= longest else split(audio, longest)
        return torch.stack([self._embed(piece) for piece in pieces])[None]

    def _embed(self, piece: Tensor) -> Tensor:
        """Embed samples `[t]`: a vector `[e]`.

        One piece at a time, because models with feature fusion mark a random one of several as
        long.
        """
        features = self._features(
            piece.double().cpu().numpy(),
            sampling_rate=self._features.sampling_rate,
            return_tensors="pt",
        )
        features = features.to(piece.device)
        vector: Tensor = self._model.get_audio_features(**features).pooler_output[0]
        return vector
