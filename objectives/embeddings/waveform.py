"""Models of which nothing is known but their file: found out by trying, and fed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from patchwright.objectives.embeddings.pretrained import PretrainedEmbedding
from patchwright.objectives.target import ObjectiveError


def try_out(
    name: str, model: nn.Module, *, sr: int, samples: int | None, time_axis: int | None
) -> PretrainedEmbedding:
    """Find by trying what a model takes and gives, and make an embedding of it.

    It is given one second of noise, and two. If it takes only the first, its length is fixed at
    one second; the axis of the output that grows is time. A model of fixed length gets a sound in
    pieces, the last one padded with silence; the frames are then those of the pieces, one after
    another.

    Args:
        name: For reports and messages.
        model: Takes samples `[n, t]`, float32, and should give vectors `[n, e]`, `[n, frames, e]`
            or `[n, e, frames]`. Raises ObjectiveError where it cannot take them.
        sr: The sample rate that it wants, in Hz.
        samples: How many samples it takes, where that is known to be fixed.
        time_axis: Which axis of its output is time, where that is known.

    Returns:
        The embedding.

    Raises:
        ObjectiveError: The model does not take a second of sound, gives no vectors or others each
            time, or its axis of time cannot be found.
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
                f"The model {name} gives {list(shape)} numbers for a second of sound and "
                f"{list(longer)} for two: export one that gives vectors of one length."
            )
    elif time_axis is None and longer is not None and len(longer) == 3:
        grown = [axis for axis in (1, 2) if longer[axis] != shape[axis]]
        time_axis = grown[0] if len(grown) == 1 else None
    if len(shape) == 3 and time_axis not in (1, 2):
        raise ObjectiveError(
            f"The model {name} gives {shape[1]} x {shape[2]} numbers, and which are moments cannot "
            "be found by trying: say `time_axis: 1` or `time_axis: 2`."
        )
    return PretrainedEmbedding(name, sr, _Pieces(model, samples, time_axis))


class _Pieces(nn.Module):
    """Samples `[1, t]` to vectors `[1, frames, e]`, by a model of any length or of a fixed one."""

    def __init__(self, model: nn.Module, samples: int | None, time_axis: int | None) -> None:
        super().__init__()
        self.model = model
        self.samples = samples
        self.time_axis = time_axis

    def forward(self, audio: Tensor) -> Tensor:
        output: Tensor = self.model(audio if self.samples is None else cut(audio, self.samples))
        if self.time_axis == 2:
            output = output.transpose(1, 2)
        return output.reshape(1, -1, output.shape[-1])


def cut(audio: Tensor, samples: int) -> Tensor:
    """Pieces `[pieces, samples]` of a sound `[1, t]`; the last is padded with silence."""
    padding = -audio.shape[1] % samples
    return functional.pad(audio, (0, padding)).reshape(-1, samples)


def _output_shape(name: str, model: nn.Module, samples: int) -> tuple[int, ...]:
    """What a model gives for so many samples of noise, checked."""
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
            f"The model {name} gives other numbers for the same sound, or none: export it after "
            "model.eval()."
        )
    return shape
