"""What a prior says of each parameter, and of the kinds of presets, in numbers and words."""

from dataclasses import dataclass

import numpy as np

from patchwright.synths.parameters import Array, Parameter, ParameterSpace
from patchwright.synths.priors.cells import BINS
from patchwright.synths.priors.mixture import Mixture
from patchwright.synths.priors.prior import PresetPrior

_COMMON = 0.05  # share from which a value is named
_MOST = 4  # values that are named
_KINDS = 8  # kinds of presets that are described
_TRAITS = 4  # parameters that describe a kind
_DISTINCT = 0.25  # nats from which a parameter distinguishes a kind


@dataclass(frozen=True, eq=False)
class Marginal:
    """Distribution of one parameter.

    Attributes:
        parameter: The parameter.
        shares: Probability of each level, or of each of 64 equal bins.
        own: The same by the synth's own prior.
        text: The usual values in words.
    """

    parameter: Parameter
    shares: Array
    own: Array
    text: str


@dataclass(frozen=True)
class PresetKind:
    """A component of a mixture.

    Attributes:
        share: Share of the presets.
        traits: What distinguishes it from the other presets, the most distinctive first.
    """

    share: float
    traits: tuple[str, ...]


def marginals(prior: PresetPrior, space: ParameterSpace) -> list[Marginal]:
    """Describe each parameter of a prior, in the synth's order."""
    every = prior.marginals
    own = Mixture.of_spec(space, prior.cells).marginals
    described = []
    for column, parameter in enumerate(space.parameters):
        cells = prior.cells.of_parameter(column)
        places = prior.cells.bins[cells] - prior.cells.bins[cells][0]
        described.append(
            Marginal(
                parameter=parameter,
                shares=_binned(every[cells], places, parameter),
                own=_binned(own[cells], places, parameter),
                text=_usual(prior, column, parameter, every[cells]),
            )
        )
    return described


def preset_kinds(prior: PresetPrior, space: ParameterSpace) -> list[PresetKind]:
    """Describe the largest components of a mixture; none if it is no mixture, or has only one."""
    if not isinstance(prior, Mixture) or len(prior.weights) < 2:
        return []
    every = prior.marginals
    first = prior.cells.first[:-1]
    largest = np.argsort(-prior.weights, kind="stable")[:_KINDS]
    described = []
    for k in largest.tolist():
        own = prior.probabilities[k]
        terms = own * np.log(np.maximum(own, 1e-300) / np.maximum(every, 1e-300))
        distances = np.add.reduceat(terms, first)
        found = [j for j in np.argsort(-distances)[:_TRAITS].tolist() if distances[j] > _DISTINCT]
        traits = tuple(
            f"{space.names[j]} {_usual(prior, j, space.parameters[j], _part(prior, own, j))}"
            for j in found
        )
        described.append(PresetKind(float(prior.weights[k]), traits))
    return described


def sparkline(shares: Array, width: int = 16) -> str:
    """Draw shares as blocks, the highest one full.

    Examples:
        >>> sparkline(np.array([0.5, 0.25, 0.0, 0.25]))
        '█▄ ▄'
    """
    pieces = np.array_split(shares, min(width, len(shares)))
    heights = np.array([piece.sum() for piece in pieces])
    steps = np.ceil(8 * heights / heights.max() - 0.5).astype(int)
    return "".join(" ▁▂▃▄▅▆▇█"[step] for step in steps)


def _part(prior: PresetPrior, probabilities: Array, column: int) -> Array:
    return np.asarray(probabilities[prior.cells.of_parameter(column)])


def _binned(probabilities: Array, places: Array, parameter: Parameter) -> Array:
    size = parameter.levels or BINS
    counts = np.bincount(places.astype(np.int64), probabilities, minlength=size)
    return np.asarray(counts, np.float64)


def _usual(prior: PresetPrior, column: int, parameter: Parameter, shares: Array) -> str:
    """Return the usual values of a parameter in words, from the probabilities of its cells."""
    cells = prior.cells.of_parameter(column)
    points = prior.cells.points[cells]
    named = np.flatnonzero(~np.isnan(points) & (shares >= _COMMON))
    named = named[np.argsort(-shares[named], kind="stable")][:_MOST]
    words = [f"{parameter.text(points[cell])} {shares[cell]:.0%}" for cell in named]
    rest = np.isnan(points)
    if shares[rest].sum() >= _COMMON:
        low, high = _quantiles(prior.cells.centres[cells][rest], shares[rest])
        words.append(f"{parameter.text(low)} to {parameter.text(high)}")
    return ", ".join(words) or "any"


def _quantiles(values: Array, shares: Array) -> tuple[float, float]:
    """Return the first and the last decile of values with shares."""
    rising = np.cumsum(shares) / shares.sum()
    low, high = (values[int(np.searchsorted(rising, level))] for level in (0.1, 0.9))
    return float(low), float(high)
