"""Several objectives of one target, measured together."""

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
    """Distances of a batch of sounds to one target, one column per objective.

    The target's features are computed once, and spectrograms shared by objectives with the same
    view once per row. If candidates and target differ in their number of channels, both are mixed
    to mono. A row with NaN or infinite samples scores NaN in every column and does not affect
    other rows. A distance that overflows is NaN, so scores are finite or NaN. If the target has
    parts, a score is the mean over them, each part of a candidate against its own.

    On the CPU, a row's scores have the same bits in any batch.

    Attributes:
        names: Names of the objectives, in the order of the columns.
        objectives: Objectives, in the same order.
        target: Sound to match.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import OBJECTIVES, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> objectives = [OBJECTIVES[name]() for name in ("lsd", "spectral_convergence")]
        >>> scorer = ObjectiveSet(objectives, Target(noise, sr=8_000))
        >>> scorer.score(np.stack([noise, 0.5 * noise])).round(2)  # [candidates, objectives]
        array([[0.  , 0.  ],
               [6.02, 0.5 ]])

        With gradients::

            audio = torch.from_numpy(candidates).requires_grad_()
            scorer.distances(audio).sum().backward()
    """

    def __init__(
        self, objectives: Sequence[Objective], target: Target, *, lengths: Lengths = "equal"
    ) -> None:
        """Prepare each objective for the target.

        Args:
            objectives: Distances to measure, with different names; `Viewed` ones compare only
                what their view shows.
            target: Sound to match.
            lengths: Treatment of candidates of another length than the target: `equal` refuses
                them; `target` cuts them or appends silence; `longest` appends silence to the
                shorter of the two.

        Raises:
            ObjectiveError: There is no objective, two have the same name, or one cannot measure
                the target.
        """
        if not objectives:
            raise ObjectiveError("There are no objectives: name at least one.")
        self.names = tuple(objective.name for objective in objectives)
        if len(set(self.names)) < len(self.names):
            raise ObjectiveError(
                f"Objectives need different names, not {', '.join(self.names)}: "
                "leave the repeated one out."
            )
        self.target = target
        self.objectives = tuple(objectives)
        self._lengths = lengths
        self._prepared: dict[tuple[bool, int, torch.dtype, torch.device], tuple[_Group, ...]] = {}
        self._idle: list[Scratch] = []
        self._parts = (
            [ObjectiveSet(objectives, part) for part in target.sounds] if target.parts else []
        )
        if not self._parts:
            self._prepare(target.audio[None], mono=False)

    def score(self, audio: Tensor | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Measure a batch.

        Args:
            audio: Candidates `[n, c, t]` at the target's sample rate, float32 or float64. Arrays
                are not copied unless they are read-only.

        Returns:
            Scores `[n, m]`; lower is better, 0 is identical; NaN for rows that are not finite.

        Raises:
            ObjectiveError: The shape, length or dtype does not suit the target.
        """
        if not isinstance(audio, Tensor):
            audio = torch.from_numpy(np.require(audio, requirements=["C", "W"]))
        if self._parts:
            each = np.stack([part.score(some) for part, some in self._split(audio)])
            return np.asarray(each.mean(axis=0))
        with torch.no_grad(), self._scratch() as scratch:
            scores = self._measure(audio, scratch if audio.device.type == "cpu" else None)
        return scores.to(device="cpu", dtype=torch.float64).numpy()

    def distances(self, audio: Tensor) -> Tensor:
        """Measure a batch, with gradients.

        Args:
            audio: Candidates `[n, c, t]` as for `score`.

        Returns:
            Scores `[n, m]` with the audio's dtype and on its device, differentiable in the
            samples. The gradient of a row that is not finite is 0.

        Raises:
            ObjectiveError: The shape, length or dtype does not suit the target.
        """
        if self._parts:
            return torch.stack([part.distances(a) for part, a in self._split(audio)]).mean(0)
        return self._measure(audio, None)

    def _split(self, audio: Tensor) -> list[tuple[ObjectiveSet, Tensor]]:
        """Return the set for each part, with that part of the candidates `[n, c, t]`."""
        self._check(audio)
        audio = self._as_long(audio)
        parts = zip(self._parts, self.target.parts, strict=True)
        return [(part, audio[:, :, first:stop].contiguous()) for part, (first, stop) in parts]

    def _as_long(self, audio: Tensor) -> Tensor:
        """Give candidates the length at which they are compared."""
        if self._lengths == "target":
            return _with_length(audio, self.target.n_samples)
        if self._lengths == "longest":
            return _with_length(audio, max(audio.shape[2], self.target.n_samples))
        return audio

    def _measure(self, audio: Tensor, scratch: Scratch | None) -> Tensor:
        self._check(audio)
        # torch applies its number of threads to a new thread only when asked for it, and MKL's
        # transforms round differently with another number
        torch.get_num_threads()
        if len(audio) == 0:
            return audio.new_zeros(0, len(self.names))
        mono = audio.shape[1] != self.target.n_channels
        audio = self._as_long(audio)
        groups = self._prepare(audio, mono=mono)
        # Row by row, for equal bits and for speed. FFTs and matrix products may round differently
        # for several rows than for one, and at another alignment; a row copied to its own memory
        # always has the same shape and alignment, and its spectrograms stay in the cache. A GPU
        # needs larger batches and guarantees no equal bits.
        rows = 1 if audio.device.type == "cpu" else _ROWS_ON_A_GPU
        scores = []
        for some in torch.split(audio, rows):
            # The sum is not finite if a sample is not, or if samples are so large that their power
            # overflows; it costs a tenth of testing each sample.
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
                f"{self.target.n_samples}: render as long as the target, or allow other lengths "
                'with lengths="target" or "longest".'
            )

    def _distances(
        self, sound: Tensor, groups: tuple[_Group, ...], scratch: Scratch | None
    ) -> list[Tensor]:
        """Measure sounds `[n, c, t]`: distances `[n]` by each objective, in order."""
        found: list[Tensor] = [sound] * len(self.names)
        for group in groups:
            spectra = Spectra(group.view(sound), self.target.sr, scratch=scratch)
            for column, objective in group.objectives.items():
                found[column] = objective(spectra)
        return found

    def _prepare(self, audio: Tensor, *, mono: bool) -> tuple[_Group, ...]:
        """Prepare the objectives for candidates of this shape, dtype and device; cached."""
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
        """Lend scratch memory that no other thread uses; popping a list is atomic."""
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
    """Objectives that share a view, by column."""

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
    """Cut sounds `[n, c, t]` or append silence, to `[n, c, n_samples]`."""
    return functional.pad(audio, (0, n_samples - audio.shape[2]))
