"""The operators of `Portfolio`: each makes one child from each parent.

An operator is a function from a `Brood` to children `[k, d]`; `Portfolio` clips them to the unit
cube and snaps discrete genes. A new one is a function and a row of `OPERATORS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patchwright.search.discrete import Mask, redraw
from patchwright.search.optimizers.portfolio.ensemble import Ensemble
from patchwright.search.optimizers.portfolio.population import Population, Positions
from patchwright.synths.parameters import Array, Subspace

_REDRAWN = 0.3  # share of the mutated numbers that are redrawn, not moved
_LEAST_STEP, _GREATEST_STEP = 0.005, 0.3  # range of the scale of a mutation's steps
_LONGEST = 20.0  # longest Cauchy step, in scales
_EXPONENT = 1.5  # exponent of the power law of the number of mutated genes
_ETA = 3.0  # distribution index of the simulated binary crossover
_LEADERS = 5  # best members that `differential` moves towards
_NOISE = 0.01  # standard deviation added to that of the better half


@dataclass(frozen=True)
class Brood:
    """Input of an operator.

    Attributes:
        subspace: The `d` free parameters.
        categories: Whether each parameter has no order, `[d]`.
        population: Population, the best first.
        parents: Positions of the parents in the population, `[k]`.
        stock: Samples of the prior, `[s, d]`.
        ensemble: Model of genes and residuals.
        rng: Only source of randomness.
    """

    subspace: Subspace
    categories: Mask
    population: Population
    parents: Positions
    stock: Array
    ensemble: Ensemble
    rng: np.random.Generator

    @property
    def members(self) -> Array:
        """Members of the population, `[p, d]`, the best first."""
        return self.population.members

    @property
    def x(self) -> Array:
        """Genotypes of the parents, `[k, d]`."""
        return np.asarray(self.members[self.parents])

    def among(self, first: int) -> Array:
        """Draw one of the `first` best members for each parent, `[k, d]`."""
        first = min(first, len(self.members))
        return np.asarray(self.members[self.rng.integers(first, size=len(self.parents))])

    def either(self, probability: float | Array = 0.5) -> Mask:
        """Draw booleans `[k, d]` that are true with this probability."""
        return self.rng.random((len(self.parents), len(self.subspace))) < probability


Operator = Callable[[Brood], Array]


def sparse(brood: Brood) -> Array:
    """Mutate few genes, rarely many."""
    return mutate(brood, brood.x)


def blend(brood: Brood) -> Array:
    """Cross half of the genes with one of the better half, and then mostly mutate.

    Numbers cross by simulated binary crossover (Deb and Agrawal, 1995) of x and y, with u uniform
    in [0, 1]; categories are those of either.

        child = (x + y) / 2 +- spread (x - y) / 2                   (1)
        spread = (2 u)^(1 / (eta + 1)) if u < 1/2                   (2)
        spread = (1 / (2 (1 - u)))^(1 / (eta + 1)) otherwise        (3)
    """
    x, rng = brood.x, brood.rng
    y = brood.among((len(brood.members) + 1) // 2)
    u = rng.random(x.shape)
    spread = np.where(u < 0.5, 2 * u, 1 / (2 * (1 - u))) ** (1 / (_ETA + 1))
    side = np.where(brood.either(0.25), -0.5, 0.5)
    numbers = np.where(brood.either(), (x + y) / 2 + side * spread * (x - y), x)
    child = np.where(brood.categories, np.where(brood.either(), y, x), numbers)
    mutated = rng.random((len(x), 1)) < 2 / 3
    return np.where(mutated, mutate(brood, np.clip(child, 0, 1)), child)


def differential(brood: Brood) -> Array:
    """Move towards one of the best and by a difference (current-to-pbest/1/bin).

        v = x + F (x_best - x) + F (x_r1 - x_r2)    (1)

    Zhang and Sanderson, "JADE: adaptive differential evolution with optional external archive",
    2009. Categories are those of x_best or x_r1.
    """
    x, rng = brood.x, brood.rng
    k, d = x.shape
    p = len(brood.members)
    best, first, second = brood.among(_LEADERS), brood.among(p), brood.among(p)
    weight = rng.uniform(0.3, 0.9, (k, 1))
    mutant = x + weight * (best - x) + weight * (first - second)
    mutant = np.where(mutant < 0, x / 2, np.where(mutant > 1, (x + 1) / 2, mutant))
    mutant = np.where(brood.categories, np.where(brood.either(), best, first), mutant)
    crossed = brood.either(rng.choice([0.2, 0.5, 0.9], size=(k, 1)))
    crossed[np.arange(k), rng.integers(d, size=k)] = True
    return np.where(crossed, mutant, x)


def covariance(brood: Brood) -> Array:
    """Step by a random sum of the deviations of the better half, and a little noise.

    Categories are sometimes those of one of its members.
    """
    x, rng = brood.x, brood.rng
    elite = brood.members[: max(2, len(brood.members) // 2)]
    deviations = (elite - elite.mean(axis=0)) / np.sqrt(len(elite))
    steps = rng.standard_normal((len(x), len(elite))) @ deviations
    child = x + steps + _NOISE * rng.standard_normal(x.shape)
    donors = np.take_along_axis(elite, rng.integers(len(elite), size=x.shape), axis=0)
    return np.where(brood.categories, np.where(brood.either(0.3), donors, x), child)


def crossover(brood: Brood) -> Array:
    """Take some genes, or half, of a random member (uniform crossover)."""
    rate = brood.rng.choice([0.1, 0.5], size=(len(brood.parents), 1))
    return np.where(brood.either(rate), brood.among(len(brood.members)), brood.x)


def category(brood: Brood) -> Array:
    """Change the level of one discrete gene, and sometimes mutate its neighbours."""
    x, rng = brood.x, brood.rng
    rows = np.arange(len(x))
    levels = brood.subspace.levels
    discrete = np.flatnonzero(levels > 1)
    gene = discrete[rng.integers(len(discrete), size=len(x))]
    child = x.copy()
    child[rows, gene] = np.diagonal(redraw(x[:, gene], levels[gene], 1.0, rng))
    away = np.abs(np.arange(x.shape[1]) - gene[:, np.newaxis])
    near = (away > 0) & (away <= 2) & brood.either(0.25)
    return np.where(near, mutate(brood, child, all_genes=True), child)


def kalman(brood: Brood) -> Array:
    """Step to where residuals should be 0, in all genes, half, or a fifth of them.

    Categories stay. Needs residuals; see `Ensemble`.
    """
    residuals = np.nan_to_num(brood.population.residuals[brood.parents])
    child = brood.x + brood.ensemble.steps(residuals, brood.rng)
    rate = brood.rng.choice([0.2, 0.5, 1.0], size=(len(child), 1))
    return np.where(brood.either(rate) & ~brood.categories, child, brood.x)


OPERATORS: dict[str, Operator] = {
    "sparse": sparse,
    "blend": blend,
    "differential": differential,
    "covariance": covariance,
    "crossover": crossover,
    "category": category,
    "kalman": kalman,
}


def mutate(brood: Brood, x: Array, *, all_genes: bool = False) -> Array:
    """Redraw or move some genes.

    Their number follows a power law, and the steps a Cauchy distribution with a scale for each
    child: some children differ slightly in one gene, others greatly in most. Ordered discrete genes
    move by at least one level; categories are redrawn.

    Args:
        brood: Brood with the subspace and the source of randomness.
        x: Genotypes `[k, d]` in [0, 1].
        all_genes: Whether to change all genes.
    """
    rng, levels = brood.rng, brood.subspace.levels
    k, d = x.shape
    scale = _LEAST_STEP * (_GREATEST_STEP / _LEAST_STEP) ** rng.random((k, 1))
    moves = scale * np.clip(rng.standard_cauchy(x.shape), -_LONGEST, _LONGEST)
    level = np.where(levels > 0, 1 / np.maximum(levels, 1), 0.0)
    moves = np.copysign(np.maximum(np.abs(moves), level), moves)
    # genes of a joint prior belong together: those of a child are of one sample
    joint = brood.subspace.prior is not None
    rows = rng.integers(len(brood.stock), size=(k, 1 if joint else d))
    prior = brood.stock[rows, np.arange(d)]
    drawn = np.where(brood.either(), prior, rng.random(x.shape))
    child = np.where(brood.either(_REDRAWN), drawn, np.clip(x + moves, 0, 1))
    columns = np.flatnonzero(brood.categories)
    if len(columns):
        other = redraw(x[:, columns], levels[columns], 1.0, rng)
        if joint:
            other = np.where(brood.either()[:, columns], prior[:, columns], other)
        child[:, columns] = other
    return child if all_genes else np.where(_few(k, d, rng), child, x)


def _few(k: int, d: int, rng: np.random.Generator) -> Mask:
    """Draw genes `[k, d]`, n in each row with a probability proportional to n^-1.5."""
    odds = np.cumsum(np.arange(1, d + 1) ** -_EXPONENT)
    number = 1 + np.searchsorted(odds, rng.random((k, 1)) * odds[-1])
    places = rng.permuted(np.tile(np.arange(d), (k, 1)), axis=1)
    return np.asarray(places < number)
