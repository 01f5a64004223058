"""Embeddings by any TorchScript model that takes samples."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.waveform import try_out
from patchwright.objectives.extras import reason
from patchwright.objectives.target import ObjectiveError


def torchscript_model(
    path: Path, *, sr: int, samples: int | None = None, time_axis: int | None = None
) -> PretrainedEmbedding:
    """Read a model and find out what it takes and gives.

    It must take float32 samples `[n, t]` or `[n, 1, t]`, and give one tensor. It runs on the
    device of the sounds, and gradients pass through it.

    TorchScript's reader makes no Python objects, unlike pickle's, and unlike `torch.export.load`,
    which is why `.pt2` files are not read. But a model is a program, and may open files: use those
    of people whom you trust.

    Args:
        path: A file that `torch.jit.save` wrote.
        sr: The sample rate that it wants, in Hz.
        samples: How many samples it takes, where that is fixed and not one second.
        time_axis: Which axis of its output is time, where that cannot be found by trying.

    Returns:
        The embedding, named after the file.

    Raises:
        ObjectiveError: The file is not there or cannot be read, or its input or output are of
            another kind.
    """
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: get a model of samples in TorchScript, or write one by "
            "torch.jit.trace(model, samples).save(path)."
        )
    try:
        module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise ObjectiveError(
            f"{path} cannot be read as TorchScript: write it by torch.jit.save, code and weights "
            f"together ({reason(error)})."
        ) from None
    module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    refusals = []
    for axis_of_channels in (False, True):
        network = _Network(path.stem, module, axis_of_channels=axis_of_channels)
        name = f"torch_{path.stem}"
        try:
            return try_out(name, network, sr=sr, samples=samples, time_axis=time_axis)
        except _RefusedError as refusal:
            refusals.append(refusal)
    raise refusals[0]


class _RefusedError(ObjectiveError):
    """The model does not take samples of this shape for a batch of sounds."""


class _Network(nn.Module):
    """A module that takes samples `[n, t]`, or `[n, 1, t]` if it wants an axis of channels."""

    def __init__(self, name: str, module: nn.Module, *, axis_of_channels: bool) -> None:
        super().__init__()
        self.module = module
        self._name = name
        self._axis_of_channels = axis_of_channels

    def forward(self, samples: Tensor) -> Tensor:
        given = samples[:, None] if self._axis_of_channels else samples
        try:
            # Optimised after its first calls, it might round the later ones differently.
            with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
                output = self.module(given)
        except RuntimeError as error:
            raise _RefusedError(
                f"The model {self._name} cannot take {samples.shape[-1]} samples: give a longer "
                f"sound, or say how many it takes by `samples` ({reason(error)})."
            ) from None
        if not isinstance(output, Tensor):
            raise ObjectiveError(
                f"The model {self._name} gives a {type(output).__name__}: export one that gives "
                "the embedding alone, as a tensor."
            )
        if output.shape[:1] != samples.shape[:1]:  # as where sounds were taken for channels
            raise _RefusedError(
                f"The model {self._name} gives {list(output.shape)} for {len(samples)} sounds: "
                "export one that gives [n, e], [n, frames, e] or [n, e, frames]."
            )
        return output
