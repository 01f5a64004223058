"""Models of unknown input and output, which are determined by trying."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.target import ObjectiveError


def probe_model(
    name: str, model: nn.Module, *, sr: int, samples: int | None, time_axis: int | None
) -> PretrainedEmbedding:
    """Determine input and output of a model by trying, and wrap it as an embedding.

    The model is applied to one and to two seconds of noise. If it accepts only the first, its
    length is fixed at one second. The axis of the output that grows is time. A model of fixed
    length gets a sound in pieces, the last padded with silence; frames are those of all pieces.

    Args:
        name: Name in reports and messages.
        model: Module from samples `[n, t]`, float32, to vectors `[n, e]`, `[n, frames, e]` or
            `[n, e, frames]`; raises ObjectiveError for samples that it does not accept.
        sr: Sample rate of the model in Hz.
        samples: Input length in samples, if it is known to be fixed.
        time_axis: Axis of time in the output, if it is known.

    Returns:
        The embedding.

    Raises:
        ObjectiveError: The model does not accept a second of sound, returns no vectors or
            different ones each time, or its axis of time cannot be determined.
    """
    shape = _output_shape(name, model, samples or sr)
    longer = None
    if samples is None:
        try:
            longer = _output_shape(name, model, 2 * sr)
        except ObjectiveError:
            samples = sr
    if len(shape) == 2:
        time_axis = None
        if longer not in (None, shape):
            raise ObjectiveError(
                f"The model {name} gives {list(shape)} values for one second of sound and "
                f"{list(longer)} for two: export one whose vectors have a fixed length."
            )
    elif time_axis is None and longer is not None and len(longer) == 3:
        grown = [axis for axis in (1, 2) if longer[axis] != shape[axis]]
        time_axis = grown[0] if len(grown) == 1 else None
    if len(shape) == 3 and time_axis not in (1, 2):
        raise ObjectiveError(
            f"The model {name} gives {shape[1]} x {shape[2]} values, and trying does not show "
            "which axis is time: add `time_axis: 1` or `time_axis: 2`."
        )
    return PretrainedEmbedding(name, sr, _Pieces(model, samples, time_axis))


class _Pieces(nn.Module):
    """A model of variable or fixed input length, from samples `[1, t]` to `[1, frames, e]`."""

    def __init__(self, model: nn.Module, samples: int | None, time_axis: int | None) -> None:
        super().__init__()
        self.model = model
        self.samples = samples
        self.time_axis = time_axis

    def forward(self, audio: Tensor) -> Tensor:
        output: Tensor = self.model(audio if self.samples is None else split(audio, self.samples))
        if self.time_axis == 2:
            output = output.transpose(1, 2)
        return output.reshape(1, -1, output.shape[-1])


def split(audio: Tensor, samples: int) -> Tensor:
    """Split a sound `[1, t]` into pieces `[pieces, samples]`, the last padded with silence."""
    padding = -audio.shape[1] % samples
    return functional.pad(audio, (0, padding)).reshape(-1, samples)


def _output_shape(name: str, model: nn.Module, samples: int) -> tuple[int, ...]:
    """Apply a model to noise, check the output, and return its shape."""
    noise = 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        output, again = model(noise), model(noise)
    shape = tuple(output.shape)
    if len(shape) not in (2, 3) or shape[0] != 1 or 0 in shape or output.dtype != torch.float32:
        raise ObjectiveError(
            f"The model {name} gives {list(shape)} of {output.dtype} for {samples} samples: export "
            "one that gives float [n, e], [n, frames, e] or [n, e, frames]."
        )
    if not torch.equal(output, again):
        raise ObjectiveError(
            f"The model {name} gives different values for the same sound, or NaN: export it after "
            "model.eval()."
        )
    return shape
