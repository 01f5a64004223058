"""Published weights from local safetensors files, with names and shapes checked."""

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
        path: File of the model.
        tensors: Tensors by their published names; floating-point ones as float32.
    """

    path: Path
    tensors: dict[str, Tensor]

    def shape(self, name: str, n_dimensions: int) -> tuple[int, ...]:
        """Return the shape of one tensor, from which sizes of the model are read.

        Args:
            name: Published name of the tensor.
            n_dimensions: Number of dimensions it must have.

        Returns:
            Sizes of the dimensions, each at least 1.

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
        """Load the weights into a network, and set it to evaluation.

        Args:
            network: Network on torch's meta device; its parameters become these tensors.

        Raises:
            ObjectiveError: A tensor is missing, is unexpected or has another shape; the message
                names the first.
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
        return f"{self.path} is a file of another model ({what}): give a file of the right one."


def read_weights(path: Path, *, model: str) -> Weights:
    """Read a safetensors file; pickles (`.pt`, `.pth`) are refused, because reading can run code.

    Convert a published file once, in Python::

        state = torch.load("mn10_as.pt", weights_only=True, map_location="cpu")
        state = {name: tensor.contiguous() for name, tensor in state.items()}
        safetensors.torch.save_file(state, "mn10_as.safetensors")

    Args:
        path: File to read.
        model: Model and publisher, for the message about a missing file.

    Returns:
        Tensors of the file; half and double precision become float32.

    Raises:
        ObjectiveError: The file is missing, incomplete, or not in safetensors format.
    """
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: download {model}, and convert it to safetensors "
            "(see objectives/README.md)."
        )
    if path.suffix != ".safetensors":
        raise ObjectiveError(
            f"{path} is not a safetensors file: convert it once with safetensors.torch.save_file("
            f"torch.load({path.name!r}, weights_only=True), {path.stem + '.safetensors'!r}) "
            "(see objectives/README.md)."
        )
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ObjectiveError(
            f"{path} is not readable as safetensors ({error}): convert or copy it again."
        ) from error
    return Weights(path, {name: _real(tensor) for name, tensor in tensors.items()})


def _real(tensor: Tensor) -> Tensor:
    return tensor.to(torch.float32) if tensor.is_floating_point() else tensor
