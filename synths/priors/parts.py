"""Priors written by hand: kinds of presets, each with its share and its parameters' priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patchwright.synths.parameters import Parameter, ParameterSpace, Prior
from patchwright.synths.priors.cells import Cells
from patchwright.synths.priors.marginals import prior_probabilities, uniform_probabilities
from patchwright.synths.priors.mixture import Mixture

_UNIFORM = 0.05  # share of uniform values, so that no preset is impossible


@dataclass(frozen=True, kw_only=True)
class Part:
    """A kind of presets, such as pads.

    Attributes:
        share: Share of the presets that are of this kind, relative to that of the others.
        priors: Priors by parameter name; others keep the synth's own.
    """

    share: float
    priors: Mapping[str, Prior] = field(default_factory=dict)


def written_prior(
    space: ParameterSpace, parts: Sequence[Part], common: Mapping[str, Prior]
) -> Mixture:
    """Make a mixture with a component for each part.

    Args:
        space: Space of the synth.
        parts: Kinds of presets.
        common: Priors that all parts have, unless they have their own.

    Raises:
        SynthError: If a parameter is unknown, or a prior is invalid for it.
    """
    columns = [_parameters(space, {**common, **part.priors}) for part in parts]
    points = [
        sorted({p.normalise(p.prior.point) for p in versions if p.prior.point is not None})
        for versions in zip(*columns, strict=True)
    ]
    cells = Cells.of(space.levels.tolist(), points)
    rows = [
        np.concatenate([prior_probabilities(p, cells, j) for j, p in enumerate(column)])
        for column in columns
    ]
    shares = np.array([part.share for part in parts])
    probabilities = (1 - _UNIFORM) * np.stack(rows) + _UNIFORM * uniform_probabilities(cells)
    return Mixture(cells, shares / shares.sum(), probabilities)


def _parameters(space: ParameterSpace, priors: Mapping[str, Prior]) -> list[Parameter]:
    parameters = list(space.parameters)
    for name, prior in priors.items():
        place = space.index(name)
        parameters[place] = replace(parameters[place], prior=prior)
    return parameters
