"""Optimizers of the libraries, used as in their documentation, to compare our adaptors with."""

import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cmaes
import numpy as np
import optuna
from deap import algorithms, base, cma, tools
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.algorithms.soo.nonconvex.de import DE
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.util.ref_dirs import get_reference_directions

from patchwright.search.elites import CELLS
from patchwright.synths.parameters import Array

Scores = Callable[[Array], Array]
Options = Mapping[str, Any]


def _pymoo(make: Callable[[int, int], Any]) -> Callable[..., Iterator[Array]]:
    def run(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
        algorithm = make(options["population"], m)
        problem = Problem(n_var=d, n_obj=m, xl=0.0, xu=1.0)
        algorithm.setup(problem, seed=seed, termination=NoTermination())
        while (population := algorithm.ask()) is not None:
            scored = scores(population.get("X").astype(np.float64))
            yield scored
            population.set("F", scored)
            with warnings.catch_warnings():
                algorithm.tell(infills=population)

    return run


def _individuals(rows: Any, m: int) -> list[Any]:
    fitness = type("Fitness", (base.Fitness,), {"weights": (-1.0,) * m})
    made = [_Individual(row) for row in rows]
    for individual in made:
        individual.fitness = fitness()
    return made


class _Individual(list[float]):
    fitness: Any


def _score(individuals: list[Any], scores: Scores) -> Array:
    scored = scores(np.clip(np.array(individuals), 0, 1))
    for individual, values in zip(individuals, scored.tolist(), strict=True):
        individual.fitness.values = tuple(values)
    return scored


def _deap_nsga2(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    """Run NSGA-II as in DEAP's `examples/ga/nsga2.py`."""
    random.seed(seed)
    n = options["population"]
    parents = _individuals(np.random.default_rng(seed).random((n, d)).tolist(), m)
    yield _score(parents, scores)
    parents = tools.selNSGA2(parents, n)
    while True:
        children = _individuals(tools.selTournamentDCD(parents, n), m)
        for first, second in zip(children[::2], children[1::2], strict=True):
            tools.cxSimulatedBinaryBounded(first, second, options["crossover_eta"], 0.0, 1.0)
            tools.mutPolynomialBounded(first, options["mutation_eta"], 0.0, 1.0, 1 / d)
            tools.mutPolynomialBounded(second, options["mutation_eta"], 0.0, 1.0, 1 / d)
        yield _score(children, scores)
        parents = tools.selNSGA2(parents + children, n)


def _ga(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    """Run a GA with `varAnd` as in DEAP's `eaSimple`, with the best individual kept."""
    random.seed(seed)
    n = options["population"]
    toolbox = base.Toolbox()
    toolbox.register("mate", tools.cxBlend, alpha=0.5)
    toolbox.register("mutate", tools.mutGaussian, mu=0.0, sigma=0.1, indpb=1 / d)
    toolbox.register("clone", lambda parent: _individuals([parent], m)[0])
    parents = _individuals(np.random.default_rng(seed).random((n, d)).tolist(), m)
    yield _score(parents, scores)
    while True:
        children = algorithms.varAnd(tools.selTournament(parents, n, 3), toolbox, 0.9, 1.0)
        children = _individuals([np.clip(child, 0, 1).tolist() for child in children], m)
        yield _score(children, scores)
        parents = tools.selBest(parents, 1) + tools.selBest(children, n - 1)


def _mo_cmaes(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    """Run MO-CMA-ES as in DEAP's `examples/es/cma_mo.py`."""
    np.random.seed(seed)  # noqa: NPY002
    n = options["population"]
    parents = _individuals(np.random.default_rng(seed).random((n, d)).tolist(), m)
    yield _score(parents, scores)
    strategy = cma.StrategyMultiObjective(parents, 0.1, mu=n, lambda_=n)
    while True:
        children = strategy.generate(lambda row: _individuals([row], m)[0])
        yield _score(children, scores)
        for child in children:
            far = float(((np.array(child) - np.clip(child, 0, 1)) ** 2).sum())
            child.fitness.values = tuple(v + 1e-6 * far for v in child.fitness.values)
        strategy.update(children)


def _cmaes(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    """Run CMA-ES with IPOP restarts as in the README of `cmaes`."""
    rng, run = np.random.default_rng(seed), 0
    size = options.get("population", 4 + int(3 * np.log(d)))
    while True:
        bounds, mean = np.tile([0.0, 1.0], (d, 1)), rng.random(d) if run else np.full(d, 0.5)
        strategy = cmaes.CMA(mean, 0.3, bounds, population_size=size, seed=seed + run)
        while not strategy.should_stop():
            points = np.array([strategy.ask() for _ in range(size)])
            scored = scores(points)
            yield scored
            strategy.tell(list(zip(points, scored[:, 0].tolist(), strict=True)))
        run, size = run + 1, 2 * size


def _catcma(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    while True:
        strategy = cmaes.CatCMAwM(
            x_space=[[0.0, 1.0]] * d,
            population_size=options.get("population"),
            mean=np.full(d, 0.5),
            sigma=0.3,
            cov=np.eye(d),
            seed=seed,
        )
        while not strategy.should_stop():
            solutions = [strategy.ask() for _ in range(strategy.population_size)]
            scored = scores(np.array([solution.x for solution in solutions]))
            yield scored
            strategy.tell(list(zip(solutions, scored[:, 0].tolist(), strict=True)))
        seed += 1


def _comocatcma(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
    strategy = cmaes.COMOCatCMAwM(x_space=[[0.0, 1.0]] * d, seed=seed)
    while True:
        solutions = list(strategy.ask_iter())
        scored = scores(np.clip([solution.x for solution in solutions], 0, 1))
        yield scored
        strategy.tell(list(zip(solutions, scored.tolist(), strict=True)))


def _optuna(make: Callable[[int, Options], Any]) -> Callable[..., Iterator[Array]]:
    """Run one trial after the other, as `study.optimize` does."""

    def run(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
        study = optuna.create_study(sampler=make(seed, options), directions=["minimize"] * m)
        space: dict[str, optuna.distributions.BaseDistribution] = {
            f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(d)
        }
        while True:
            trial = study.ask(space)
            scored = scores(np.array([[trial.params[name] for name in space]]))
            yield scored
            study.tell(trial, scored[0].tolist())

    return run


def _ribs(new_emitters: Callable[[Any, int, int], list[Any]]) -> Callable[..., Iterator[Array]]:
    """Run a scheduler as in the README of pyribs, with two coordinates as descriptors."""

    def run(scores: Scores, d: int, m: int, seed: int, options: Options) -> Iterator[Array]:
        from ribs.archives import GridArchive  # an extra
        from ribs.schedulers import Scheduler

        grid = GridArchive(solution_dim=d, dims=[CELLS] * 2, ranges=[(0.0, 1.0)] * 2, seed=seed)
        scheduler = Scheduler(grid, new_emitters(grid, options["population"], seed))
        while True:
            points = scheduler.ask()
            scored = scores(np.clip(points, 0, 1))
            yield scored
            scheduler.tell(-scored[:, 0], np.clip(points[:, :2], 0, 1))

    return run


def _iso_line(grid: Any, n: int, seed: int) -> list[Any]:
    from ribs.emitters import IsoLineEmitter

    rng = np.random.default_rng(seed)
    d = grid.solution_dim
    return [
        IsoLineEmitter(
            grid,
            iso_sigma=0.05,
            line_sigma=0.2,
            initial_solutions=rng.random((n, d)),
            lower_bounds=[0.0] * d,
            upper_bounds=[1.0] * d,
            batch_size=n,
            seed=seed,
        )
    ]


def _improvement(grid: Any, n: int, seed: int) -> list[Any]:
    from ribs.emitters import EvolutionStrategyEmitter

    return [
        EvolutionStrategyEmitter(
            grid,
            x0=np.full(grid.solution_dim, 0.5),
            sigma0=0.1,
            ranker="2imp",
            batch_size=n // 4,
            seed=seed + number,
        )
        for number in range(4)
    ]


BARE: dict[str, Callable[..., Iterator[Array]]] = {
    "nsga2": _pymoo(lambda n, m: NSGA2(pop_size=n)),
    "nsga3": _pymoo(
        lambda n, m: NSGA3(
            get_reference_directions("das-dennis", m, n_partitions=n - 1), pop_size=n
        )
    ),
    "sms_emoa": _pymoo(lambda n, m: SMSEMOA(pop_size=n)),
    "de": _pymoo(lambda n, m: DE(pop_size=n, variant="DE/rand/1/bin", F=0.5, CR=0.9)),
    "deap_nsga2": _deap_nsga2,
    "ga": _ga,
    "mo_cmaes": _mo_cmaes,
    "cmaes": _cmaes,
    "catcma": _catcma,
    "comocatcma": _comocatcma,
    "map_elites": _ribs(_iso_line),
    "cma_me": _ribs(_improvement),
    "optuna_nsga2": _optuna(
        lambda seed, o: optuna.samplers.NSGAIISampler(seed=seed, population_size=o["population"])
    ),
    "optuna_cmaes": _optuna(
        lambda seed, o: optuna.samplers.CmaEsSampler(seed=seed, popsize=o.get("population", 14))
    ),
    "tpe": _optuna(lambda seed, o: optuna.samplers.TPESampler(seed=seed, multivariate=True)),
}
