"""Base class of the built-in synths: batched torch code behind the `Synth` contract."""

import time
from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import torch
from torch import Tensor

from patchwright.synths.parameters import POWERS, Array, ParameterSpace
from patchwright.synths.performance.notes import Performance
from patchwright.synths.rendering import Renderings, judge

_CPU_BATCH = 2  # rows computed together: more exceed the processor's cache and are slower
_GPU_BATCH = 256


class TorchSynth(ABC):
    """A synth written in torch, for CPU and GPU, differentiable in its continuous parameters.

    A subclass has a `name`, a `space` and a method `audio`.

    Args:
        seed: Seed of the synth's noise, which is the same for every preset.
        device: Device of the computation.
        dtype: Type of the computation; float64 serves to check gradients.

    Examples:
        >>> import numpy as np
        >>> from patchwright.synths import Performance, parse_notes
        >>> from patchwright.synths.builtin import Subtractive
        >>> synth = Subtractive()
        >>> values = synth.space.sample(2, np.random.default_rng(0))
        >>> renders = synth.render(values, Performance.of(parse_notes("C4:0.1"), tail=0.1))
        >>> renders.audio.shape, renders.status.tolist()
        ((2, 1, 8820), [0, 0])
    """

    name: str
    space: ParameterSpace
    batch = 4  # few, so that several threads have work
    suffix: str | None = None
    version = ""

    def __init__(
        self,
        *,
        seed: int = 0,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.seed = seed
        self.device = torch.device(device)
        self.dtype = dtype
        parameters = self.space.parameters
        log = [p.scale == "log" for p in parameters]
        spans = [
            (p.low, p.high) if p.kind in ("continuous", "integer") else (0.0, max(p.levels - 1, 1))
            for p in parameters
        ]
        self._log = torch.tensor(log, device=self.device)
        self._low = self._tensor([low for low, _ in spans])
        self._span = self._tensor([high - low for low, high in spans])
        self._ratio = self._tensor(
            [
                np.log(high / low) if is_log else 0.0
                for is_log, (low, high) in zip(log, spans, strict=True)
            ]
        )
        self._power = self._tensor([POWERS.get(p.scale, 1) for p in parameters])

    @abstractmethod
    def audio(self, values: Tensor, performance: Performance) -> Tensor:
        """Render presets with gradients.

        Args:
            values: Normalised presets, `[n, P]`; gradients flow to the continuous parameters.
            performance: Notes that every preset plays.

        Returns:
            Audio, `[n, 1, t]`.
        """

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Render presets; see `patchwright.synths.rendering.Synth.render`."""
        torch.get_num_threads()  # gives a new thread the number of threads, and so the bits
        rows = torch.as_tensor(self.space.snap(values), dtype=self.dtype, device=self.device)
        audio = np.empty((len(rows), 1, performance.samples), np.float32)
        batch = _CPU_BATCH if self.device.type == "cpu" else _GPU_BATCH
        started = time.perf_counter()
        with torch.no_grad():
            for first in range(0, len(rows), batch):
                piece = self.audio(rows[first : first + batch], performance)
                audio[first : first + batch] = piece.cpu().numpy()
        each = (time.perf_counter() - started) / max(len(rows), 1)
        return Renderings(audio, judge(audio), np.full(len(rows), each))

    def close(self) -> None:  # noqa: B027 - most synths have nothing to release
        """Do nothing: there is nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def real(self, values: Tensor) -> dict[str, Tensor]:
        """Convert values `[n, P]` to one column `[n, 1]` per parameter, by name.

        Columns of continuous and integer parameters are in real units; the others hold the numbers
        of choices.
        """
        log = self._low * torch.exp(values * self._ratio)
        real = torch.where(self._log, log, self._low + self._span * values**self._power)
        return dict(zip(self.space.names, real.unsqueeze(-1).unbind(1), strict=True))

    def _tensor(self, numbers: list[float]) -> Tensor:
        return torch.tensor(numbers, dtype=self.dtype, device=self.device)
