"""Embeddings by TorchScript models that take samples."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.trusted import trusted_content
from patchwright.objectives.embeddings.waveform import probe_model
from patchwright.objectives.extras import last_line
from patchwright.objectives.target import ObjectiveError


def torchscript_model(
    path: Path, *, sr: int, samples: int | None = None, time_axis: int | None = None
) -> PretrainedEmbedding:
    """Load a model and determine its input and output.

    It must take float32 samples `[n, t]` or `[n, 1, t]` and return one tensor. It runs on the
    device of the sounds, and gradients pass through it.

    Unlike pickle and `torch.export.load` (which is why `.pt2` files are refused), TorchScript's
    loader creates no Python objects. But a model is a program and may open files: only those are
    run that the user trusts; see `trusted.trust`.

    Args:
        path: File written by `torch.jit.save`.
        sr: Sample rate of the model in Hz.
        samples: Input length in samples, if it is fixed and not one second.
        time_axis: Axis of time in the output, if trying does not show it.

    Returns:
        The embedding, named after the file.

    Raises:
        ObjectiveError: The file is missing, cannot be read or is not trusted, or its input or
            output is not supported.
    """
    content = io.BytesIO(trusted_content(path))
    try:
        module = torch.jit.load(content, map_location="cpu")
    except RuntimeError as error:
        raise ObjectiveError(
            f"{path} is not readable TorchScript: write code and weights together with "
            f"torch.jit.save ({last_line(error)})."
        ) from None
    module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    refusals = []
    for axis_of_channels in (False, True):
        network = _Network(path.stem, module, axis_of_channels=axis_of_channels)
        name = f"torch_{path.stem}"
        try:
            return probe_model(name, network, sr=sr, samples=samples, time_axis=time_axis)
        except _RefusedError as refusal:
            refusals.append(refusal)
    raise refusals[0]


class _RefusedError(ObjectiveError):
    """The model does not accept samples of this shape."""


class _Network(nn.Module):
    """A module that takes samples `[n, t]`, or `[n, 1, t]` with an axis of channels."""

    def __init__(self, name: str, module: nn.Module, *, axis_of_channels: bool) -> None:
        super().__init__()
        self.module = module
        self._name = name
        self._axis_of_channels = axis_of_channels

    def forward(self, samples: Tensor) -> Tensor:
        given = samples[:, None] if self._axis_of_channels else samples
        try:
            # without optimisation after the first calls, which could change the rounding
            with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
                output = self.module(given)
        except RuntimeError as error:
            raise _RefusedError(
                f"The model {self._name} does not accept {samples.shape[-1]} samples: give a "
                f"longer sound, or its input length as `samples` ({last_line(error)})."
            ) from None
        if not isinstance(output, Tensor):
            raise ObjectiveError(
                f"The model {self._name} gives a {type(output).__name__}: export one that gives "
                "only the embedding, as a tensor."
            )
        if output.shape[:1] != samples.shape[:1]:  # for example, if it took sounds for channels
            raise _RefusedError(
                f"The model {self._name} gives {list(output.shape)} for {len(samples)} sounds: "
                "export one that gives [n, e], [n, frames, e] or [n, e, frames]."
            )
        return output
