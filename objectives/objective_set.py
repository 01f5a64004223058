"""Several objectives of one target, scored together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import Objective, PreparedObjective
from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target
from patchwright.objectives.view import WHOLE, PreparedView, View, Viewed

Lengths = Literal["equal", "target", "longest"]

_ROWS_ON_A_GPU = 32


class ObjectiveSet:
    """Distances of a batch of sounds to one target, one column an objective.

    The target's features are computed once. Spectrograms that two objectives with the same view
    ask for are computed once a row. If candidates and target differ in their number of channels,
    both are mixed to mono. A row that holds NaN or infinite samples scores NaN everywhere and
    touches no other row; a distance that overflows is NaN too, so that a score is either finite or
    NaN.

    On the CPU a row's scores have the same bits whatever else is in its batch.

    Attributes:
        names: The objectives' names, in the order of the columns.
        objectives: The distances themselves, in the same order.
        target: The sound to be matched.
    """

    def __init__(
        self, objectives: Sequence[Objective], target: Target, *, lengths: Lengths = "equal"
    ) -> None:
        """Prepare each objective for the target.

        Args:
            objectives: The distances to measure, each with a name of its own; `Viewed` ones
                compare what their view shows.
            target: The sound to be matched.
            lengths: What becomes of candidates that are longer or shorter than the target:
                `equal` refuses them; `target` cuts them, or adds silence at their end; `longest`
                adds silence to the end of the shorter of the two.

        Raises:
            ObjectiveError: There is no objective, two have one name, or one of them cannot
                measure this target.
        """
        if not objectives:
            raise ObjectiveError("There is nothing to measure: name at least one objective.")
        self.names = tuple(objective.name for objective in objectives)
        if len(set(self.names)) < len(self.names):
            raise ObjectiveError(
                f"Objectives must differ in name, and these do not: {', '.join(self.names)}; "
                "leave the repeated one out."
            )
        self.target = target
        self.objectives = tuple(objectives)
        self._lengths = lengths
        self._prepared: dict[tuple[bool, int, torch.dtype, torch.device], tuple[_Group, ...]] = {}
        self._idle: list[Scratch] = []
        self._prepare(target.audio[None], mono=False)

    def score(self, audio: Tensor | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Measure a batch.

        Args:
            audio: Candidates `[n, c, t]` at the target's sample rate, float32 or float64. An
                array is read where it lies, unless it is read-only.

        Returns:
            Scores `[n, m]`, lower is better, 0 is identical; NaN for rows that are not finite.

        Raises:
            ObjectiveError: The shape, length or number type is not what the target calls for.
        """
        if not isinstance(audio, Tensor):
            audio = torch.from_numpy(np.require(audio, requirements=["C", "W"]))
        with torch.no_grad(), self._scratch() as scratch:
            scores = self._measure(audio, scratch if audio.device.type == "cpu" else None)
        return scores.to(device="cpu", dtype=torch.float64).numpy()

    def distances(self, audio: Tensor) -> Tensor:
        """Measure a batch, with gradients.

        Args:
            audio: Candidates `[n, c, t]` as for `score`.

        Returns:
            Scores `[n, m]` of the audio's number type and on its device, differentiable in the
            samples. The gradient of a row that is not finite is zero.

        Raises:
            ObjectiveError: As `score` raises it.
        """
        return self._measure(audio, None)

    def _measure(self, audio: Tensor, scratch: Scratch | None) -> Tensor:
        self._check(audio)
        # torch applies its number of threads to a new thread only when asked for it, and MKL's
        # transforms round differently with another number
        torch.get_num_threads()
        if len(audio) == 0:
            return audio.new_zeros(0, len(self.names))
        mono = audio.shape[1] != self.target.n_channels
        if self._lengths == "target":
            audio = _with_length(audio, self.target.n_samples)
        elif self._lengths == "longest":
            audio = _with_length(audio, max(audio.shape[2], self.target.n_samples))
        groups = self._prepare(audio, mono=mono)
        # Row by row, for bits and for speed. FFTs and matrix products may round differently for
        # one row than for several, and at another alignment: a row that is copied to memory of
        # its own always meets the same shapes. And one row's spectrograms stay in the cache. A
        # GPU needs more work at a time, and promises no bits.
        rows = 1 if audio.device.type == "cpu" else _ROWS_ON_A_GPU
        scores = []
        for some in torch.split(audio, rows):
            # A sum that is not finite tells of a sample that is not, or of samples so large that
            # their power could not be told from infinity; it costs a tenth of looking at each.
            finite = torch.isfinite(some.detach().sum((1, 2)))
            sound = torch.where(finite[:, None, None], some, 0.0)
            if mono:
                sound = sound.mean(1, keepdim=True)
            distances = torch.stack(self._distances(sound, groups, scratch), dim=1)
            measured = finite[:, None] & torch.isfinite(distances)
            scores.append(torch.where(measured, distances, torch.nan))
        return torch.cat(scores)

    def _check(self, audio: Tensor) -> None:
        if audio.ndim != 3 or audio.shape[1] == 0:
            raise ObjectiveError(
                "Candidates must have the shape [candidates, channels, samples], not "
                f"{list(audio.shape)}: give one mono sound as audio[None, None, :]."
            )
        if audio.dtype not in (torch.float32, torch.float64):
            raise ObjectiveError(
                f"Candidates must be float32 or float64, not {audio.dtype}: convert them."
            )
        if self._lengths == "equal" and audio.shape[2] != self.target.n_samples:
            raise ObjectiveError(
                f"Candidates have {audio.shape[2]} samples and the target has "
                f"{self.target.n_samples}: render as long as the target, or say what becomes of "
                'other lengths: lengths="target" or "longest".'
            )

    def _distances(
        self, sound: Tensor, groups: tuple[_Group, ...], scratch: Scratch | None
    ) -> list[Tensor]:
        """Distances `[n]` of sounds `[n, c, t]`, in the order of the objectives."""
        found: list[Tensor] = [sound] * len(self.names)
        for group in groups:
            spectra = Spectra(group.view(sound), self.target.sr, scratch=scratch)
            for column, objective in group.objectives.items():
                found[column] = objective(spectra)
        return found

    def _prepare(self, audio: Tensor, *, mono: bool) -> tuple[_Group, ...]:
        """The objectives, prepared for the target as candidates of this kind need it; kept."""
        key = (mono, audio.shape[2], audio.dtype, audio.device)
        if key not in self._prepared:
            target = self.target.to(device=audio.device, dtype=audio.dtype)
            target = target.mono() if mono else target
            if audio.shape[2] > target.n_samples:
                target = Target(_with_length(target.audio[None], audio.shape[2])[0], target.sr)
            with torch.no_grad():
                self._prepared[key] = _groups(self.objectives, target)
        return self._prepared[key]

    @contextmanager
    def _scratch(self) -> Iterator[Scratch]:
        """Scratch memory that no other thread is using; popping a list is atomic."""
        try:
            scratch = self._idle.pop()
        except IndexError:
            scratch = Scratch()
        try:
            yield scratch
        finally:
            self._idle.append(scratch)


@dataclass(frozen=True, eq=False)
class _Group:
    """Objectives with one view, by their columns."""

    view: PreparedView
    objectives: dict[int, PreparedObjective]


def _groups(objectives: Sequence[Objective], target: Target) -> tuple[_Group, ...]:
    groups: dict[View, _Group] = {}
    for column, objective in enumerate(objectives):
        view = objective.view if isinstance(objective, Viewed) else WHOLE
        if view not in groups:
            groups[view] = _Group(view.prepare(target), {})
        group = groups[view]
        group.objectives[column] = objective.prepare(group.view.target)
    return tuple(groups.values())


def _with_length(audio: Tensor, n_samples: int) -> Tensor:
    """Sounds `[n, c, t]`, cut or with silence at their end: `[n, c, n_samples]`."""
    return functional.pad(audio, (0, n_samples - audio.shape[2]))
