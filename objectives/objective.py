"""What an objective is: a distance that is first prepared for a target, then asked of batches."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target


@runtime_checkable
class PreparedObjective(Protocol):
    """A distance to one target, whose features are already computed."""

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure a batch.

        Args:
            candidates: Sounds `[n, c, t]` with the target's channels, length, sample rate, number
                type and device. Spectrograms are asked of it rather than computed, so that
                objectives share them.

        Returns:
            Distances `[n]`: lower is better, 0 is identical. Differentiable in the samples
            wherever the definition is.
        """
        ...


@runtime_checkable
class Objective(Protocol):
    """A distance between sounds.

    Attributes:
        name: What the field calls it; the key in YAML and in reports.
    """

    name: str

    def prepare(self, target: Target) -> PreparedObjective:
        """Compute the target's features, once.

        Args:
            target: The sound to be matched, `[c, t]`.

        Returns:
            The distance to that target.

        Raises:
            ObjectiveError: The target cannot be measured; the message says what can.
        """
        ...


def target_spectra(target: Target) -> Spectra:
    """The target as a batch of one, `[1, c, t]`."""
    return Spectra(target.audio[None], target.sr)
