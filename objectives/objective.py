"""The protocol of objectives: distances, prepared once for a target and then applied to batches."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target


@runtime_checkable
class PreparedObjective(Protocol):
    """A distance to one target, with the target's features computed."""

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure a batch.

        Args:
            candidates: Sounds `[n, c, t]` with the target's number of channels, length, sample
                rate, dtype and device. Take spectrograms from it, so that objectives share them.

        Returns:
            Distances `[n]`; lower is better, 0 is identical. Differentiable in the samples
            wherever the definition is.
        """
        ...


@runtime_checkable
class Objective(Protocol):
    """A distance between sounds.

    Attributes:
        name: Key in YAML and in reports.
    """

    name: str

    def prepare(self, target: Target) -> PreparedObjective:
        """Compute the target's features.

        Args:
            target: Sound to match, `[c, t]`.

        Returns:
            Distance to the target.

        Raises:
            ObjectiveError: The target cannot be measured; the message names the requirement.
        """
        ...


def target_spectra(target: Target) -> Spectra:
    """Return the target as a batch of one, `[1, c, t]`."""
    return Spectra(target.audio[None], target.sr)
