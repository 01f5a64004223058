"""The operators that compete: each makes one child from each parent.

An operator is a function of a `Brood` and gives children `[k, d]`; `Portfolio` clips them to the
unit cube and snaps what is discrete. A new one is a function and a line in `OPERATORS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patchwright.search.discrete import Mask, redraw
from patchwright.search.optimizers.portfolio.ensemble import Ensemble
from patchwright.search.optimizers.portfolio.population import Population, Positions
from patchwright.synths.parameters import Array, Subspace

_REDRAWN = 0.3  # share of the mutated numbers that are drawn anew, not moved
_LEAST_STEP, _GREATEST_STEP = 0.005, 0.3  # scales of a mutation's steps
_LONGEST = 20.0  # Cauchy steps, in scales
_EXPONENT = 1.5  # of the power law of how many genes mutate
_ETA = 3.0  # distribution index of the simulated binary crossover
_LEADERS = 5  # members that differential evolution goes towards
_NOISE = 0.01  # standard deviation beside the elite's own


@dataclass(frozen=True)
class Brood:
    """What an operator is given.

    Attributes:
        subspace: The free parameters, `d` of them.
        categories: Which have levels without an order, `[d]`.
        population: The best first.
        parents: Positions `[k]` among its members.
        stock: Draws from the prior, `[s, d]`.
        ensemble: What the best of all evaluations tell.
        rng: The only source of randomness.
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
        """Of the population, `[p, d]`, the best first."""
        return self.population.members

    @property
    def x(self) -> Array:
        """The parents, `[k, d]`."""
        return np.asarray(self.members[self.parents])

    def among(self, first: int) -> Array:
        """A random one of the best members for each parent, `[k, d]`."""
        first = min(first, len(self.members))
        return np.asarray(self.members[self.rng.integers(first, size=len(self.parents))])

    def either(self, probability: float | Array = 0.5) -> Mask:
        """Genes `[k, d]` that are true with this probability."""
        return self.rng.random((len(self.parents), len(self.subspace))) < probability


Operator = Callable[[Brood], Array]


def sparse(brood: Brood) -> Array:
    """Mutate few genes, seldom many."""
    return mutate(brood, brood.x)


def blend(brood: Brood) -> Array:
    """Mix with one of the better half, half of the genes, and then mostly mutate.

    Numbers by simulated binary crossover (Deb and Agrawal, 1995): near one of the two, as far
    inside as outside of what lies between them. Categories are of either.
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
    """Go towards one of the best, and by a difference (current-to-pbest/1/bin).

    Zhang and Sanderson, "JADE", 2009. Categories are of that one or of another.
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
    """Step as the better half is spread: a random sum of its deviations, and a little noise.

    Categories are sometimes those of one of them.
    """
    x, rng = brood.x, brood.rng
    elite = brood.members[: max(2, len(brood.members) // 2)]
    deviations = (elite - elite.mean(axis=0)) / np.sqrt(len(elite))
    steps = rng.standard_normal((len(x), len(elite))) @ deviations
    child = x + steps + _NOISE * rng.standard_normal(x.shape)
    donors = np.take_along_axis(elite, rng.integers(len(elite), size=x.shape), axis=0)
    return np.where(brood.categories, np.where(brood.either(0.3), donors, x), child)


def crossover(brood: Brood) -> Array:
    """Take some genes, or half, of any other member (uniform crossover)."""
    rate = brood.rng.choice([0.1, 0.5], size=(len(brood.parents), 1))
    return np.where(brood.either(rate), brood.among(len(brood.members)), brood.x)


def category(brood: Brood) -> Array:
    """Give one discrete gene another level, and let its neighbours in the synth follow."""
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
    """Step to where the sound should be the target's; all genes, half, or a fifth of them.

    Categories stay. It needs residuals; see `Ensemble`.
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

    Their number follows a power law, and the steps one of Cauchy whose scale differs from child
    to child, so that some children differ in one gene by a hair and some in most by a lot. What is
    ordered and discrete moves by a level at least; another category is drawn.

    Args:
        brood: For its subspace and its randomness.
        x: Genotypes `[k, d]` in [0, 1].
        all_genes: Change all of them.
    """
    rng, levels = brood.rng, brood.subspace.levels
    k, d = x.shape
    scale = _LEAST_STEP * (_GREATEST_STEP / _LEAST_STEP) ** rng.random((k, 1))
    moves = scale * np.clip(rng.standard_cauchy(x.shape), -_LONGEST, _LONGEST)
    level = np.where(levels > 0, 1 / np.maximum(levels, 1), 0.0)
    moves = np.copysign(np.maximum(np.abs(moves), level), moves)
    prior = brood.stock[rng.integers(len(brood.stock), size=(k, d)), np.arange(d)]
    drawn = np.where(brood.either(), prior, rng.random(x.shape))
    child = np.where(brood.either(_REDRAWN), drawn, np.clip(x + moves, 0, 1))
    columns = np.flatnonzero(brood.categories)
    if len(columns):
        child[:, columns] = redraw(x[:, columns], levels[columns], 1.0, rng)
    return child if all_genes else np.where(_few(k, d, rng), child, x)


def _few(k: int, d: int, rng: np.random.Generator) -> Mask:
    """Some of `d` genes in each of `k` rows, n of them with odds of n to the power of -1.5."""
    odds = np.cumsum(np.arange(1, d + 1) ** -_EXPONENT)
    number = 1 + np.searchsorted(odds, rng.random((k, 1)) * odds[-1])
    places = rng.permuted(np.tile(np.arange(d), (k, 1)), axis=1)
    return np.asarray(places < number)
