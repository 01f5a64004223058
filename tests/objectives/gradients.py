"""Gradients of distances, compared with finite differences."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from patchwright.objectives import Objective, ObjectiveSet, Target


def check_gradient(
    objective: Objective, kind: str, sound: Callable[..., NDArray[np.float32]]
) -> None:
    """Check the slope of a distance along a random direction, at a sound of the fixture `sound`."""
    sr = 8_000
    target, audio, direction = (
        torch.from_numpy(sound(k, sr, 0.3, seed=seed).astype(np.float64))
        for seed, k in ((3, "noise"), (0, kind), (4, "noise"))
    )
    scorer = ObjectiveSet([objective], Target(target, sr))
    # noise keeps magnitudes away from 0, where they are not differentiable
    audio = (audio + 0.1 * direction)[None].requires_grad_()
    (gradient,) = torch.autograd.grad(scorer.distances(audio).sum(), audio)
    with torch.no_grad():
        ahead = scorer.distances(audio + 1e-7 * direction)
        rise = ahead - scorer.distances(audio - 1e-7 * direction)
    assert float((gradient * direction).sum()) == pytest.approx(float(rise) / 2e-7, rel=1e-4)
