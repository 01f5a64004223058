"""The common part of embeddings by pretrained networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.resample import resample
from patchwright.objectives.signal.spectra import Spectra


class PretrainedEmbedding:
    """An embedding by a network that takes samples.

    Channels are averaged and the sound is resampled to the network's rate. The network processes
    one sound at a time, because kernels for larger batches sum in another order: a sound has the
    same bits in any batch, and memory does not grow with the batch.

    Attributes:
        name: Family of the model and name of its file.
        sr: Sample rate of the network in Hz.
        network: Network from samples `[1, t]`, float32, to vectors `[1, frames, e]`.
    """

    def __init__(self, name: str, sr: int, network: nn.Module) -> None:
        self.name = name
        self.sr = sr
        self.network = network

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed successive frames of each sound.

        Args:
            sounds: Batch `[n, c, t]`.

        Returns:
            Vectors `[n, frames, e]`, float32.

        Raises:
            ObjectiveError: The network does not accept the sounds.
        """
        mono = sounds.audio.to(torch.float32).mean(1)
        audio = resample(mono, sounds.sr, self.sr)
        self.network.to(audio.device)
        return torch.cat([self.network(sound[None]) for sound in audio.unbind()])

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed each sound as a whole, by the mean of its frames.

        Args:
            sounds: Batch `[n, c, t]`.

        Returns:
            Vectors `[n, e]`, float32.

        Raises:
            ObjectiveError: As for `frames`.
        """
        return self.frames(sounds).mean(1)
