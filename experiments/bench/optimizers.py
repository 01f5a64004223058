"""Do our adaptors search as well as the bare libraries?

Run as ``python -m patchwright.experiments.bench.optimizers [--seeds 11]``.

Hypervolume on ZDT1-4 and DTLZ2, and lowest value on sphere, Rosenbrock and Rastrigin in 10 and 30
dimensions; median and quartiles over seeds. Adaptors and libraries use different random streams, so
only the distributions of their results can be equal.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymoo.indicators.hv import HV
from pymoo.problems import get_problem
from rich.table import Table
from scipy.stats import mannwhitneyu

from patchwright.experiments.bench.bare import BARE, Scores
from patchwright.experiments.terminal.console import Console
from patchwright.search import OPTIMIZERS
from patchwright.search.quiet import quiet
from patchwright.synths import Parameter, ParameterSpace
from patchwright.synths.parameters import Array, Subspace

# the libraries' settings where our defaults differ; a population of 100 where there is one
OPTIONS: dict[str, dict[str, Any]] = {
    "nsga2": {"population": 100, "crossover_eta": 15.0, "mutation_eta": 20.0},
    "nsga3": {"population": 100, "crossover_eta": 30.0, "mutation_eta": 20.0},
    "sms_emoa": {"population": 100, "crossover_eta": 15.0, "mutation_eta": 20.0},
    "deap_nsga2": {"population": 100, "crossover_eta": 30.0, "mutation_eta": 20.0},
    "mo_cmaes": {"population": 100},
    "comocatcma": {"sigma": 6**-0.5},
    "optuna_nsga2": {"population": 100},
    "ga": {"population": 100},
    "de": {"population": 100, "weight": 0.5, "crossover": 0.9},
    "cmaes": {"restarts": "ipop", "progress": 0.0},
    "catcma": {"progress": 0.0},
    "optuna_cmaes": {},
    "lshade": {"population": 100},
    "tpe": {"population": 1},
}
# limit of evaluations for optimizers that need 1 ms or more for each
DEAR = {"tpe": 300, "optuna_cmaes": 1_000, "optuna_nsga2": 1_000, "catcma": 3_000}
DEAR |= {"comocatcma": 3_000}


@dataclass(frozen=True)
class Problem:
    """A test function on the unit cube.

    Attributes:
        name: Name in the table.
        d: Number of dimensions.
        m: Number of objectives.
        scores: Function from genotypes `[n, d]` to scores `[n, m]`.
        evaluations: Number of evaluations for an optimizer.
        reference: Coordinate of the reference point of the hypervolume, equal for all objectives.
    """

    name: str
    d: int
    m: int
    scores: Scores
    evaluations: int
    reference: float = 1.1

    def value(self, scores: Array) -> float:
        """Return the hypervolume of scores `[n, m]`, or the lowest score of a single objective."""
        if self.m == 1:
            return float(scores.min())
        return float(HV(ref_point=np.full(self.m, self.reference))(scores))


def _of_pymoo(name: str, d: int, evaluations: int, reference: float = 1.1) -> Problem:
    """Make one of pymoo's problems."""
    options = {"n_obj": 2} if name.startswith("dtlz") else {}
    problem = get_problem(name, n_var=d, **options)
    low, high = problem.xl, problem.xu

    def scores(genotypes: Array) -> Array:
        return np.asarray(problem.evaluate(low + genotypes * (high - low)))

    return Problem(f"{name} {d}", d, int(problem.n_obj), scores, evaluations, reference)


def _shifted(name: str, d: int) -> Problem:
    """Make a function whose optimum is not at the cube's centre, where searches start."""

    def scores(genotypes: Array) -> Array:
        x = 10.0 * (genotypes - 0.5) - 1.3
        if name == "sphere":
            return np.asarray((x**2).sum(axis=1, keepdims=True))
        if name == "rastrigin":
            return np.asarray((x**2 - 10 * np.cos(2 * np.pi * x) + 10).sum(axis=1, keepdims=True))
        x = x + 1.0
        steps = 100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2
        return np.asarray(steps.sum(axis=1, keepdims=True))

    return Problem(f"{name} {d}", d, 1, scores, 500 * d)


MANY = [
    _of_pymoo("zdt1", 30, 10_000),
    _of_pymoo("zdt2", 30, 10_000),
    _of_pymoo("zdt3", 30, 10_000),
    _of_pymoo("zdt4", 10, 10_000, 50.0),
    _of_pymoo("dtlz2", 12, 10_000),
]
ONE = [_shifted(n, d) for n in ("sphere", "rosenbrock", "rastrigin") for d in (10, 30)]


def subspace(d: int) -> Subspace:
    """Make a space of `d` continuous parameters."""
    parameters = (Parameter(name=f"x{i}", kind="continuous", default=0.5) for i in range(d))
    return ParameterSpace(tuple(parameters)).lock()


def adaptor(name: str, problem: Problem, seed: int) -> Iterator[Array]:
    """Yield the scores of each generation of one of our optimizers."""
    optimizer = OPTIMIZERS[name](
        subspace(problem.d), problem.m, seed=seed, budget=problem.evaluations, **OPTIONS[name]
    )
    while len(genotypes := optimizer.ask()):
        scores = problem.scores(genotypes)
        yield scores
        optimizer.tell(genotypes, scores)


def spend(generations: Iterator[Array], problem: Problem, evaluations: int) -> float:
    """Return the value of a problem after some evaluations."""
    seen: list[Array] = []
    while sum(map(len, seen)) < evaluations and (scores := next(generations, None)) is not None:
        seen.append(scores)
    return problem.value(np.concatenate(seen)[:evaluations])


def spread(values: Array) -> str:
    """Format the median and the quartiles of values."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.4g} ({low:.3g} to {high:.3g})"


def compare(name: str, problem: Problem, seeds: int) -> list[str]:
    """Compare an optimizer with its library on a problem, and return the row of the table."""
    evaluations = min(problem.evaluations, DEAR.get(name, problem.evaluations))
    ours = np.array([spend(adaptor(name, problem, s), problem, evaluations) for s in range(seeds)])
    row = [problem.name, name, str(evaluations), spread(ours)]
    if name not in BARE:
        return [*row, "", ""]
    run: Callable[..., Iterator[Array]] = BARE[name]
    bare = np.array(
        [
            spend(
                run(problem.scores, problem.d, problem.m, 1000 + s, OPTIONS[name]),
                problem,
                evaluations,
            )
            for s in range(seeds)
        ]
    )
    equal = 1.0 if np.ptp([ours, bare]) == 0 else mannwhitneyu(ours, bare).pvalue
    return [*row, spread(bare), f"{equal:.2f}"]


@quiet()
def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=11, help="number of seeds")
    parser.add_argument("--only", nargs="*", default=list(OPTIONS), help="names of optimizers")
    arguments = parser.parse_args()
    table = Table(title=f"Adaptors beside bare libraries, {arguments.seeds} seeds")
    for heading in ("problem", "optimizer", "evaluations", "ours", "bare", "p (Mann-Whitney)"):
        table.add_column(heading)
    for name in arguments.only:
        # a few hundred evaluations do not reach a front
        front = OPTIMIZERS[name].multi_objective and name not in ("tpe", "optuna_nsga2")
        for problem in MANY if front else ONE:
            table.add_row(*compare(name, problem, arguments.seeds))
        table.add_section()
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
