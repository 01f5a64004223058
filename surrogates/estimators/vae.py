"""A variational autoencoder from sounds to presets, whose encoder several synths can share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from patchwright.surrogates.estimators.encoders import Perceptron, Shape
from patchwright.surrogates.estimators.estimator import Estimator, Sampling
from patchwright.surrogates.estimators.heads import Heads
from patchwright.surrogates.proxies.note import NOTE_WIDTH
from patchwright.surrogates.proxies.relaxed import RelaxedSpace

_QUIETEST, _LOUDEST = -8.0, 4.0  # logarithms of variances


class VAE(Estimator):
    """A latent space of sounds, and a decoder to the presets of one synth.

        L = -log p(preset | z) + beta KL(q(z | sound) || N(0, 1)),  z ~ q    (1)

    Trained together on several synths, which then share the encoder, a sound of one has its
    neighbours in the others (`training.together`). Samples differ by z, so that the parameters of a
    sample belong together.

    Source:
        D. P. Kingma and M. Welling, Auto-encoding variational Bayes, ICLR 2014; a decoder a synth:
        D. Faronbi, I. Roman and J. P. Bello, Exploring approaches to multi-task automatic
        synthesizer programming, ICASSP 2023, with the second term connected.
    """

    name = "vae"

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        hidden: int = 384,
        blocks: int = 2,
        latent: int = 32,
        bins: int = 16,
        thousandths: int = 10,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            hidden: Width of the encoder and of the decoder.
            blocks: Residual blocks of the encoder.
            latent: Number of latent dimensions.
            bins: Knots of a number's distribution; 1 for regression.
            thousandths: Weight beta of the second term, in thousandths a latent dimension.
        """
        super().__init__(space, shape)
        self.encoder = Perceptron(shape, hidden, blocks)
        self.posterior = nn.Linear(hidden, 2 * latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent + NOTE_WIDTH, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
        )
        self.heads = Heads(space, hidden, bins)
        self.beta = thousandths / 1_000

    def encode(self, heard: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of variances of q(z | sound), `[n, latent]` each."""
        mean, spread = self.posterior(self.encoder(heard, note)).float().chunk(2, dim=1)
        return mean, spread.clamp(_QUIETEST, _LOUDEST)

    def decode(self, z: Tensor, note: Tensor) -> Tensor:
        """Return the vector of the heads at latent points, `[n, hidden]`."""
        vector: Tensor = self.decoder(torch.cat([z, note], dim=1))
        return vector

    def terms(
        self, heard: Tensor, note: Tensor, relaxed: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return both terms of (1) without beta, `[n]` each."""
        mean, spread = self.encode(heard, note)
        z = _drawn(mean, spread, generator)
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1)
        return self.heads.loss(self.decode(z, note), relaxed), divergence

    def loss(
        self, heard: Tensor, note: Tensor, relaxed: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Return (1); see `Estimator.loss`."""
        reconstruction, divergence = self.terms(heard, note, relaxed, generator)
        return reconstruction + self.beta * divergence

    def soft(self, heard: Tensor, note: Tensor, generator: torch.Generator) -> Tensor:
        """Return differentiable presets of a draw of z; see `Estimator.soft`."""
        z = _drawn(*self.encode(heard, note), generator)
        return self.heads.soft(self.decode(z, note))

    def sample(
        self, heard: Tensor, note: Tensor, generator: torch.Generator, sampling: Sampling
    ) -> Tensor:
        """Draw z, then the likeliest preset there; see `Estimator.sample`."""
        z = _drawn(*self.encode(heard, note), generator, sampling.temperature)
        return self.heads.answer(self.decode(z, note))

    def answer(self, heard: Tensor, note: Tensor) -> Tensor:
        """Return the likeliest preset at the mean; see `Estimator.answer`."""
        return self.heads.answer(self.decode(self.encode(heard, note)[0], note))


def _drawn(
    mean: Tensor, spread: Tensor, generator: torch.Generator, temperature: float = 1.0
) -> Tensor:
    """Draw points `[n, latent]` of means and logarithms of variances."""
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return mean + temperature * (spread / 2).exp() * noise
