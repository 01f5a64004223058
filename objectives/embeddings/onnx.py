"""Embeddings by ONNX models that take samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.waveform import probe_model
from patchwright.objectives.extras import last_line, require
from patchwright.objectives.target import ObjectiveError


def onnx_model(
    path: Path, *, sr: int, samples: int | None = None, time_axis: int | None = None
) -> PretrainedEmbedding:
    """Load a model and determine its input and output.

    It must have one input, float samples `[n, t]` or `[n, 1, t]`, and one output. It runs on the
    CPU in one thread, deterministically, and has no gradient; needing one is an error.

    Args:
        path: `.onnx` file.
        sr: Sample rate of the model in Hz.
        samples: Input length in samples, if it is fixed and the file does not state it.
        time_axis: Axis of time in the output, if trying does not show it.

    Returns:
        The embedding, named after the file.

    Raises:
        ObjectiveError: The file is missing or cannot be read, its input or output is not
            supported, or onnxruntime is not installed.
    """
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: give an ONNX model that takes samples, as written by "
            "torch.onnx.export."
        )
    network = _Network(path)
    if network.samples is not None and samples not in (None, network.samples):
        raise ObjectiveError(
            f"The model {path.stem} takes {network.samples} samples, not {samples}: leave "
            "`samples` out."
        )
    samples = samples or network.samples
    return probe_model(f"onnx_{path.stem}", network, sr=sr, samples=samples, time_axis=time_axis)


def open_session(path: Path) -> Any:
    """Open a model for the CPU, in one thread and deterministic, as an `InferenceSession`.

    Args:
        path: `.onnx` file.

    Raises:
        ObjectiveError: onnxruntime is not installed.
    """
    onnxruntime = require("onnxruntime", extra="onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # errors are raised as exceptions
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class _Network(nn.Module):
    """A session of onnxruntime, from samples `[n, t]` to vectors.

    Attributes:
        samples: Input length in samples according to the file; None for any length.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        onnxruntime = require("onnxruntime", extra="onnx")
        # onnxruntime's errors have no common base class
        runtime = onnxruntime.capi.onnxruntime_pybind11_state
        self._errors: tuple[type[Exception], ...] = (
            *(runtime.Fail, runtime.InvalidArgument, runtime.InvalidGraph),
            *(runtime.InvalidProtobuf, runtime.NotImplemented, runtime.RuntimeException),
        )
        try:
            self._session = open_session(path)
        except self._errors as error:
            raise ObjectiveError(
                f"{path} is not a readable ONNX model: export it again ({last_line(error)})."
            ) from None
        self._name = path.stem
        self._input, shape = self._only_input()
        self._axis_of_channels = len(shape) == 3
        self._one_at_a_time = shape[0] == 1
        self.samples = shape[-1] if isinstance(shape[-1], int) else None

    def _only_input(self) -> tuple[str, list[int | str | None]]:
        """Return name and shape of the input; an axis of variable length is not a number."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = inputs[0].shape if len(inputs) == len(outputs) == 1 else []
        fixed = [size for size in shape[:-1] if isinstance(size, int)]
        if (
            len(shape) not in (2, 3)
            or any(size != 1 for size in fixed)
            or inputs[0].type != "tensor(float)"
        ):
            found = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
            raise ObjectiveError(
                f"The model {self._name} takes {found} and gives {len(outputs)} outputs: export "
                "one that takes float samples [n, t] or [n, 1, t] and gives only the embedding."
            )
        return inputs[0].name, shape

    def forward(self, samples: Tensor) -> Tensor:
        if samples.requires_grad:
            raise ObjectiveError(
                f"The ONNX model {self._name} has no gradient: use it with methods that need none, "
                "or export it as TorchScript."
            )
        given = samples[:, None] if self._axis_of_channels else samples
        pieces = torch.split(given, 1) if self._one_at_a_time else [given]
        try:
            outputs = [
                self._session.run(None, {self._input: piece.contiguous().cpu().numpy()})[0]
                for piece in pieces
            ]
        except self._errors as error:
            raise ObjectiveError(
                f"The model {self._name} does not accept {samples.shape[-1]} samples: give a "
                f"longer sound, or its input length as `samples` ({last_line(error)})."
            ) from None
        return torch.cat([torch.from_numpy(output) for output in outputs]).to(samples.device)
