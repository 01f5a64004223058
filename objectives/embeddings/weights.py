"""Published weights from a local safetensors file, checked name by name and shape by shape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from patchwright.objectives.target import ObjectiveError


@dataclass(frozen=True, eq=False)
class Weights:
    """The tensors of one model.

    Attributes:
        path: The file they were read from.
        tensors: Tensors by the name they were published under; real numbers as float32.
    """

    path: Path
    tensors: dict[str, Tensor]

    def shape(self, name: str, n_dimensions: int) -> tuple[int, ...]:
        """The shape of one tensor, for a size of the model to be read from.

        Args:
            name: The tensor's published name.
            n_dimensions: How many dimensions it must have.

        Returns:
            As many sizes, each at least 1.

        Raises:
            ObjectiveError: There is no such tensor, or it has other dimensions.
        """
        if name not in self.tensors:
            raise ObjectiveError(self._unlike(f"{name} is missing"))
        shape = tuple(self.tensors[name].shape)
        if len(shape) != n_dimensions or 0 in shape:
            raise ObjectiveError(self._unlike(f"{name} has the shape {list(shape)}"))
        return shape

    def fill(self, network: nn.Module) -> None:
        """Give a network these weights, and set it to be used rather than trained.

        Args:
            network: A network on torch's meta device; its parameters become these tensors.

        Raises:
            ObjectiveError: A tensor is missing, unexpected, or of another shape; the first is
                named.
        """
        expected = network.state_dict()
        for name, tensor in expected.items():
            if self.shape(name, tensor.ndim) != tuple(tensor.shape):
                found, sought = list(self.tensors[name].shape), list(tensor.shape)
                raise ObjectiveError(
                    self._unlike(f"{name} has the shape {found} and should have {sought}")
                )
        for name in self.tensors:
            if name not in expected:
                raise ObjectiveError(self._unlike(f"{name} is unexpected"))
        network.load_state_dict(self.tensors, assign=True)
        network.eval().requires_grad_(False)

    def _unlike(self, what: str) -> str:
        return (
            f"{self.path} is not the model it is opened as ({what}): give the file of that model."
        )


def read_weights(path: Path, *, model: str) -> Weights:
    """Read a safetensors file. Pickles (`.pt`, `.pth`) are refused: reading one can run code.

    Whoever has the published file converts it once, in Python:

        state = torch.load("mn10_as.pt", weights_only=True, map_location="cpu")
        state = {name: tensor.contiguous() for name, tensor in state.items()}
        safetensors.torch.save_file(state, "mn10_as.safetensors")

    Args:
        path: The file.
        model: What the file holds and who publishes it, for the message where it is not there.

    Returns:
        Its tensors; half and double precision become float32.

    Raises:
        ObjectiveError: There is no such file, or it is not a whole safetensors file.
    """
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: get {model}, and convert it to safetensors "
            "(objectives/README.md says how)."
        )
    if path.suffix != ".safetensors":
        raise ObjectiveError(
            f"{path} is not a safetensors file: convert it once by safetensors.torch.save_file("
            f"torch.load({path.name!r}, weights_only=True), {path.stem + '.safetensors'!r}) "
            "(objectives/README.md says more)."
        )
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ObjectiveError(
            f"{path} cannot be read as safetensors ({error}): convert or copy it again."
        ) from error
    return Weights(path, {name: _real(tensor) for name, tensor in tensors.items()})


def _real(tensor: Tensor) -> Tensor:
    return tensor.to(torch.float32) if tensor.is_floating_point() else tensor
