"""What embeddings by pretrained networks share: mono, the network's rate, one sound at a time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.resample import resample
from patchwright.objectives.signal.spectra import Spectra


class PretrainedEmbedding:
    """An embedding by a network that takes samples.

    Channels are averaged and the sound resampled to the network's rate. The network then sees one
    sound at a time, as kernels for larger batches sum in another order: this way a sound has the
    same vector, bit for bit, in any batch, and the memory needed does not grow with it.

    Attributes:
        name: The model's family and the name of its file.
        sr: The network's sample rate in Hz.
        network: From samples `[1, t]`, float32, to vectors `[1, frames, e]`, differentiable.
    """

    def __init__(self, name: str, sr: int, network: nn.Module) -> None:
        self.name = name
        self.sr = sr
        self.network = network

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed moments of each sound.

        Args:
            sounds: A batch `[n, c, t]`.

        Returns:
            Vectors `[n, frames, e]`, float32.

        Raises:
            ObjectiveError: The sample rate cannot be converted.
        """
        mono = sounds.audio.to(torch.float32).mean(1)
        audio = resample(mono, sounds.sr, self.sr)
        self.network.to(audio.device)
        return torch.cat([self.network(sound[None]) for sound in audio.unbind()])

    def embed(self, sounds: Spectra) -> Tensor:
        """Embed each sound as a whole: the mean of its frames.

        Args:
            sounds: A batch `[n, c, t]`.

        Returns:
            Vectors `[n, e]`, float32.

        Raises:
            ObjectiveError: As `frames` raises it.
        """
        return self.frames(sounds).mean(1)
