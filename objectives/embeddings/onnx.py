"""Embeddings by any ONNX model that takes samples."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.embeddings.waveform import try_out
from patchwright.objectives.extras import reason, require
from patchwright.objectives.target import ObjectiveError


def onnx_model(
    path: Path, *, sr: int, samples: int | None = None, time_axis: int | None = None
) -> PretrainedEmbedding:
    """Read a model and find out what it takes and gives.

    It must have one input, float samples `[n, t]` or `[n, 1, t]`, and one output. It runs on the
    CPU in one thread, deterministically, and has no gradient: to ask for one is refused.

    Args:
        path: The `.onnx` file.
        sr: The sample rate that it wants, in Hz.
        samples: How many samples it takes, where that is fixed and the file does not say it.
        time_axis: Which axis of its output is time, where that cannot be found by trying.

    Returns:
        The embedding, named after the file.

    Raises:
        ObjectiveError: The file is not there or cannot be read, its input or output are of
            another kind, or onnxruntime is not installed.
    """
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: get a model of samples in ONNX format, or write one by "
            "torch.onnx.export."
        )
    network = _Network(path)
    if network.samples is not None and samples not in (None, network.samples):
        raise ObjectiveError(
            f"The model {path.stem} takes {network.samples} samples, not {samples}: leave "
            "`samples` out."
        )
    samples = samples or network.samples
    return try_out(f"onnx_{path.stem}", network, sr=sr, samples=samples, time_axis=time_axis)


class _Network(nn.Module):
    """A session of onnxruntime: samples `[n, t]` to vectors.

    Attributes:
        samples: How many samples the file says that it takes, or None for any number.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        onnxruntime = require("onnxruntime", extra="onnx")
        # onnxruntime's errors have no base of their own.
        runtime = onnxruntime.capi.onnxruntime_pybind11_state
        self._errors: tuple[type[Exception], ...] = (
            *(runtime.Fail, runtime.InvalidArgument, runtime.InvalidGraph),
            *(runtime.InvalidProtobuf, runtime.NotImplemented, runtime.RuntimeException),
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = 4  # its errors come as exceptions
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except self._errors as error:
            raise ObjectiveError(
                f"{path} cannot be read as an ONNX model: export it again ({reason(error)})."
            ) from None
        self._name = path.stem
        self._input, shape = self._only_input()
        self._axis_of_channels = len(shape) == 3
        self._one_at_a_time = shape[0] == 1
        self.samples = shape[-1] if isinstance(shape[-1], int) else None

    def _only_input(self) -> tuple[str, list[int | str | None]]:
        """Name and shape of the input; an axis of any length is no number."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = inputs[0].shape if len(inputs) == len(outputs) == 1 else []
        numbers_before = [size for size in shape[:-1] if isinstance(size, int)]
        if (
            len(shape) not in (2, 3)
            or any(size != 1 for size in numbers_before)
            or inputs[0].type != "tensor(float)"
        ):
            found = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
            raise ObjectiveError(
                f"The model {self._name} takes {found} and gives {len(outputs)} outputs: export "
                "one that takes float samples [n, t] or [n, 1, t] and gives the embedding alone."
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
                f"The model {self._name} cannot take {samples.shape[-1]} samples: give a longer "
                f"sound, or say how many it takes by `samples` ({reason(error)})."
            ) from None
        return torch.cat([torch.from_numpy(output) for output in outputs]).to(samples.device)
