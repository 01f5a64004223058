"""The base class of estimators."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from patchwright.surrogates.proxies.relaxed import RelaxedSpace


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How presets are drawn from an estimator.

    Attributes:
        steps: Steps of the solver of a flow; others have none.
        guidance: Weight of what is heard in a flow: 0 ignores the sound, 1 is the plain posterior,
            more is nearer to what is typical of this sound; others have none.
        temperature: Width of the distributions of an estimator that predicts each parameter on its
            own; 0 for the likeliest values only. A flow has none.
    """

    steps: int = 16
    guidance: float = 1.5
    temperature: float = 1.0


class Estimator(nn.Module, ABC):
    """A network from sounds and their notes to presets.

    It hears scaled log-mel spectrograms `[n, bands, frames]`, or an embedding `[n, e, 1]`, and
    answers with relaxed presets `[n, w]` (see `RelaxedSpace`), each parameter by its kind: numbers
    in [0, 1], and a probability for each level of a categorical, boolean or integer parameter.
    Initial weights come from torch's global generator, which `build_estimator` seeds and restores;
    all other randomness is from the generators that are passed.

    Attributes:
        name: Key in YAML and in model folders.
    """

    name: ClassVar[str]

    def __init__(self, space: RelaxedSpace, shape: tuple[int, int]) -> None:
        super().__init__()
        self.space, self.shape = space, shape

    @abstractmethod
    def loss(
        self, heard: Tensor, note: Tensor, relaxed: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Return the loss of true presets, `[n]`.

        Args:
            heard: What is heard of the sounds, `[n, bands, frames]`.
            note: Scaled notes, `[n, 3]`; see `scaled_note`.
            relaxed: Relaxed presets that made them, `[n, w]`.
            generator: Only source of randomness.
        """

    @abstractmethod
    def soft(self, heard: Tensor, note: Tensor, generator: torch.Generator) -> Tensor:
        """Return relaxed presets `[n, w]` with probabilities, differentiable in the weights."""

    @abstractmethod
    def sample(
        self, heard: Tensor, note: Tensor, generator: torch.Generator, sampling: Sampling
    ) -> Tensor:
        """Draw one preset for each row: `[n, w]`, numbers in [0, 1] and one level per choice."""

    @abstractmethod
    def answer(self, heard: Tensor, note: Tensor) -> Tensor:
        """Return the single best guess for each row: `[n, w]`, as of `sample`."""
