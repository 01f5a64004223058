"""The base class of proxies."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from patchwright.surrogates.proxies.relaxed import RelaxedSpace


class Proxy(nn.Module, ABC):
    """A network from presets and notes to features of their sounds: a differentiable surrogate.

    A subclass takes the columns of presets and the number of outputs, and its options by keyword;
    it has no dropout or other randomness once it is made. Initial weights come from torch's global
    generator, which `build` seeds and restores.

    Attributes:
        name: Key in YAML and in model folders.
    """

    name: ClassVar[str]

    def __init__(self, space: RelaxedSpace, outputs: int) -> None:
        super().__init__()
        self.space, self.outputs = space, outputs

    @abstractmethod
    def forward(self, relaxed: Tensor, note: Tensor) -> Tensor:
        """Predict features.

        Args:
            relaxed: Relaxed presets, `[n, w]`; see `RelaxedSpace`.
            note: Pitch, velocity and duration, scaled, `[n, 3]`; see `scaled_note`.

        Returns:
            Features `[n, outputs]`, differentiable in both.
        """
