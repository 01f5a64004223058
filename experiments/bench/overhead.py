"""Time of the optimizers without rendering, beside the bare libraries of `bare.py`.

Run as ``python -m patchwright.experiments.bench.overhead``.

In milliseconds per generation of 100 with 32 parameters. `tpe` and `gp` are left out, as their time
grows with the number of evaluations, and `comocatcma`, which has no generations of 100.
"""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from rich.table import Table

from patchwright.experiments.bench.bare import BARE
from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.terminal.console import Console
from patchwright.objectives.residuals import WIDTH
from patchwright.search import OPTIMIZERS
from patchwright.search.optimizer import Residuals
from patchwright.search.quiet import quiet
from patchwright.synths import Parameter, ParameterSpace
from patchwright.synths.parameters import Array

D, POPULATION, GENERATIONS = 32, 100, 10
SUBSPACE = ParameterSpace(
    tuple(Parameter(name=f"x{i}", kind="continuous", default=0.5) for i in range(D))
).lock()
OPTIONS: dict[str, Any] = {"population": POPULATION, "crossover_eta": 15.0, "mutation_eta": 20.0}


def scores(m: int, genotypes: Array) -> Array:
    """Return squared distances to `m` points, `[n, m]`."""
    points = np.linspace(0.2, 0.8, m)[:, np.newaxis]
    return np.asarray(((genotypes[:, np.newaxis] - points) ** 2).mean(axis=2))


def residuals(genotypes: Array) -> Residuals:
    """Return residuals of the width that sounds have, `[n, r]`."""
    return np.resize(genotypes.T - 0.5, (WIDTH, len(genotypes))).T.astype(np.float16)


def ours(name: str, m: int) -> Callable[[], None]:
    """Return a call that runs some generations of one of our optimizers."""

    def run() -> None:
        cls = OPTIMIZERS[name]
        options: dict[str, Any] = {"population": POPULATION}
        options = options if "population" in cls.own_options() else {}
        optimizer = cls(SUBSPACE, m, seed=0, **options)
        evaluations = 0
        while evaluations < GENERATIONS * POPULATION:
            genotypes = optimizer.ask()
            evaluations += len(genotypes)
            optimizer.tell(
                genotypes,
                scores(m, genotypes),
                descriptors=genotypes[:, :2] if optimizer.needs_descriptors else None,
                residuals=residuals(genotypes) if optimizer.learns_from_residuals else None,
            )

    return run


def bare(name: str, m: int) -> Callable[[], None]:
    """Return a call that runs as many evaluations of the library alone."""

    def run() -> None:
        each = 1 if name.startswith("optuna") else POPULATION
        generations = BARE[name](partial(scores, m), D, m, 0, OPTIONS)
        list(islice(generations, GENERATIONS * POPULATION // each))

    return run


@quiet()
def main() -> None:
    """Print the milliseconds per generation and the ratio to the bare library."""
    table = Table(title=f"Milliseconds per generation of {POPULATION}, {D} parameters")
    for heading in ("optimizer", "ms", "ratio to the bare library"):
        table.add_column(heading, justify="left" if heading == "optimizer" else "right")
    for name, cls in OPTIMIZERS.items():
        if name in ("tpe", "gp", "comocatcma") or cls.missing():
            continue
        m = 2 if cls.multi_objective else 1
        calls = {"ours": ours(name, m)} | ({"bare": bare(name, m)} if name in BARE else {})
        seconds = take_turns(calls, 1 if name.startswith("optuna") else 7)
        share = f"{seconds['ours'] / seconds['bare']:.2f}x" if name in BARE else ""
        table.add_row(name, f"{1e3 * seconds['ours'] / GENERATIONS:.2f}", share)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
