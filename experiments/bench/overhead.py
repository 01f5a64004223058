"""What the optimizers cost besides rendering: ``python -m experiments.bench.overhead``.

Milliseconds a generation of 100, 32 parameters, beside the bare libraries in the same turns:
pymoo's NSGA-II by ask and tell, and `cmaes.CMA` asked point by point, as its documentation shows.
"""

from collections.abc import Callable
from typing import Any

import cmaes
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2 as PYMOO_NSGA2
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from rich.console import Console
from rich.table import Table

from experiments.bench.timing import take_turns
from search import OPTIMIZERS
from synths import Parameter, ParameterSpace
from synths.parameters import Array

D, POPULATION, GENERATIONS = 32, 100, 20
SUBSPACE = ParameterSpace(
    tuple(Parameter(name=f"x{i}", kind="continuous", default=0.5) for i in range(D))
).lock()


def scores(genotypes: Array, m: int) -> Array:
    """Squared distances to `m` points, `[n, m]`."""
    points = np.linspace(0.2, 0.8, m)[:, np.newaxis]
    return np.asarray(((genotypes[:, np.newaxis] - points) ** 2).mean(axis=2))


def ours(name: str, m: int) -> Callable[[], None]:
    """Some generations of an adaptor."""

    def run() -> None:
        options: dict[str, Any] = {"population": POPULATION}
        optimizer = OPTIMIZERS[name](SUBSPACE, m, seed=0, **options)
        for _ in range(GENERATIONS):
            genotypes = optimizer.ask()
            optimizer.tell(genotypes, scores(genotypes, m))

    return run


def bare_nsga2() -> None:
    """The same generations by pymoo alone."""
    algorithm = PYMOO_NSGA2(pop_size=POPULATION)
    problem = Problem(n_var=D, n_obj=2, xl=0.0, xu=1.0)
    algorithm.setup(problem, seed=0, termination=NoTermination())
    for _ in range(GENERATIONS):
        population = algorithm.ask()
        population.set("F", scores(population.get("X"), 2))
        algorithm.tell(infills=population)


def bare_cmaes() -> None:
    """The same generations by cmaes alone."""
    bounds = np.tile([0.0, 1.0], (D, 1))
    optimizer = cmaes.CMA(np.full(D, 0.5), 0.3, bounds, population_size=POPULATION, seed=0)
    for _ in range(GENERATIONS):
        genotypes = np.array([optimizer.ask() for _ in range(POPULATION)])
        told = scores(genotypes, 1)[:, 0].tolist()
        optimizer.tell(list(zip(genotypes, told, strict=True)))


def main() -> None:
    """Measure, and print milliseconds a generation and the ratio to the bare library."""
    seconds = take_turns(
        {
            "random": ours("random", 2),
            "nsga2": ours("nsga2", 2),
            "bare pymoo": bare_nsga2,
            "cmaes": ours("cmaes", 1),
            "bare cmaes": bare_cmaes,
        }
    )
    bare = {"nsga2": "bare pymoo", "cmaes": "bare cmaes"}
    table = Table(title=f"Milliseconds a generation of {POPULATION}, {D} parameters")
    for heading in ("optimizer", "ms", "of the bare library"):
        table.add_column(heading, justify="left" if heading == "optimizer" else "right")
    for name, taken in seconds.items():
        share = f"{taken / seconds[bare[name]]:.2f}x" if name in bare else ""
        table.add_row(name, f"{1e3 * taken / GENERATIONS:.2f}", share)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
