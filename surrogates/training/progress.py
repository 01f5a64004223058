"""How far a training is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """State of a training after an evaluation.

    Attributes:
        step: Number of steps so far.
        loss: Mean loss of the steps since the last evaluation.
        held_out: Loss of the averaged weights on held-out examples.
        best: Least such loss so far.
    """

    step: int
    loss: float
    held_out: float
    best: float
