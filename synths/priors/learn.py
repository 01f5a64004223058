"""Learning a prior from presets; its kind is the one that expects held-out presets the most."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.priors.cells import Cells, Ids
from patchwright.synths.priors.copula import Copula
from patchwright.synths.priors.marginals import (
    smooth_marginals,
    spec_probabilities,
    uniform_probabilities,
)
from patchwright.synths.priors.mixture import Mixture, fit_mixture
from patchwright.synths.priors.prior import PresetPrior

Fit = Callable[[Cells, Ids, Array, np.random.Generator], PresetPrior]

FEWEST = 20
"""Least number of presets to learn from."""
UNIFORM, SPEC = "uniform", "the synth's own"
"""Names of the priors that learned ones are compared with."""

_ALIKE = 0.1  # share of the parameters in which near duplicates differ at most
_EQUAL = 0.01  # difference of normalised values that counts as none
_FOLDS = 5
_GENEROUS = (
    0.1  # share of uniform draws added to the synth's own priors, which exclude some presets
)
_RESAMPLES = 2_000


def _mixture(components: int) -> Fit:
    return lambda cells, ids, marginals, rng: fit_mixture(cells, ids, marginals, components, rng)


CANDIDATES: dict[str, Fit] = {
    "independent": _mixture(1),
    "copula": Copula.fit,
    "mixture of 3": _mixture(3),
    "mixture of 12": _mixture(12),
    "mixture of 48": _mixture(48),
}
"""Kinds of priors that compete, by name."""


@dataclass(frozen=True)
class HeldOut:
    """How much a kind of prior expects presets that it was not learned from.

    Attributes:
        name: Kind of prior.
        cost: Mean of minus the logarithm of the probability, in nats a parameter; lower is better.
        gain: What it saves in comparison with the synth's own priors.
        low: Lower end of the 95 % interval of the gain over banks.
        high: Upper end.
    """

    name: str
    cost: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Learned:
    """A learned prior.

    Attributes:
        prior: The prior, learned from all presets but near duplicates.
        name: Its kind, a key of `CANDIDATES`.
        held_out: All kinds, in the order of `CANDIDATES`, after uniform presets and those of the
            synth's own priors.
        presets: Number of presets learned from.
        duplicates: Number of near duplicates left out.
        excluded: Share of the presets that the synth's own priors can never draw.
    """

    prior: PresetPrior
    name: str
    held_out: tuple[HeldOut, ...]
    presets: int
    duplicates: int
    excluded: float


def learn(
    space: ParameterSpace,
    values: Array,
    banks: NDArray[np.int64],
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Learned:
    """Learn a prior.

    Presets that differ from an earlier one in at most a tenth of the parameters are left out. Each
    kind is learned five times from four fifths of the banks (of the presets, if there are fewer
    than five banks) and measured on the others.

    Args:
        space: Space of the synth.
        values: Presets, `[n, P]`.
        banks: Number of each preset's bank, `[n]`.
        seed: Seed of every random choice.
        progress: Called with the number of fits that are done, and of all.

    Returns:
        The prior of the kind with the least cost, and the costs of all.

    Raises:
        SynthError: If there are too few presets.
    """
    values = space.snap(values)
    kept = distinct(values)
    if len(kept) < FEWEST:
        raise SynthError(
            f"There are {len(kept)} presets without near duplicates, and a prior needs {FEWEST}: "
            "name more files."
        )
    duplicates, values, banks = len(values) - len(kept), values[kept], banks[kept]
    folds = _folds(banks, np.random.default_rng((seed, 0)))
    costs = {name: np.empty(len(values)) for name in (UNIFORM, SPEC, *CANDIDATES)}
    total, done = _FOLDS * len(CANDIDATES) + 1, 0
    for fold in range(_FOLDS):
        held = folds == fold
        cells, ids, marginals, _ = _counted(space, values[~held])
        uniform = Mixture(cells, np.ones(1), uniform_probabilities(cells)[np.newaxis])
        for name, known in ((UNIFORM, uniform), (SPEC, spec_prior(space, cells))):
            costs[name][held] = -known.log_probability(values[held])
        for name, fit in CANDIDATES.items():
            prior = fit(cells, ids, marginals, np.random.default_rng((seed, 1)))
            costs[name][held] = -prior.log_probability(values[held])
            done += 1
            progress(done, total)
    costs = {name: cost / len(space) for name, cost in costs.items()}
    best = min(CANDIDATES, key=lambda name: costs[name].mean())
    cells, ids, marginals, own = _counted(space, values)
    prior = CANDIDATES[best](cells, ids, marginals, np.random.default_rng((seed, 1)))
    progress(total, total)
    return Learned(
        prior=prior,
        name=best,
        held_out=tuple(
            _held_out(name, cost, costs[SPEC] - cost, banks) for name, cost in costs.items()
        ),
        presets=len(values),
        duplicates=duplicates,
        excluded=float((own[ids] == 0).any(axis=1).mean()),
    )


def distinct(values: Array) -> Ids:
    """Return the positions of presets `[n, P]` that are no near duplicates of earlier ones."""
    most = _ALIKE * values.shape[1]
    kept = np.empty_like(values)
    places: list[int] = []
    for place, row in enumerate(values):
        differing = (np.abs(kept[: len(places)] - row) > _EQUAL).sum(axis=1)
        if not (differing <= most).any():
            kept[len(places)] = row
            places.append(place)
    return np.array(places, np.int64)


def _counted(space: ParameterSpace, values: Array) -> tuple[Cells, Ids, Array, Array]:
    """Return cells around presets, the presets' cells, and marginals: smooth, and the synth's."""
    cells = Cells.around(space, values)
    ids = cells.index(values)
    _, own = spec_probabilities(space, cells)
    return cells, ids, smooth_marginals(cells, ids, own), own


def spec_prior(space: ParameterSpace, cells: Cells) -> Mixture:
    """Return the synth's own priors with a tenth of uniform values, so that none is impossible."""
    _, own = spec_probabilities(space, cells)
    generous = (1 - _GENEROUS) * own + _GENEROUS * uniform_probabilities(cells)
    return Mixture(cells, np.ones(1), generous[np.newaxis])


def _folds(banks: NDArray[np.int64], rng: np.random.Generator) -> Ids:
    """Return the fold of each preset; a bank is in one fold if there are enough banks."""
    groups = banks if len(np.unique(banks)) >= _FOLDS else np.arange(len(banks))
    found, places = np.unique(groups, return_inverse=True)
    return np.asarray((rng.permutation(len(found)) % _FOLDS)[places])


def _held_out(name: str, costs: Array, gains: Array, banks: NDArray[np.int64]) -> HeldOut:
    """Return the means of costs and gains `[n]`, with an interval by resampling banks."""
    found, places = np.unique(banks, return_inverse=True)
    if len(found) < _FOLDS:
        found, places = np.arange(len(gains)), np.arange(len(gains))
    sums, counts = np.bincount(places, gains), np.bincount(places)
    drawn = np.random.default_rng(0).integers(len(found), size=(_RESAMPLES, len(found)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return HeldOut(name, float(costs.mean()), float(gains.mean()), low, high)
