"""Adaptors propose the same genotypes, bit for bit, as the bare libraries."""

import random

import cmaes
import numpy as np
import optuna
import pytest
from deap import algorithms, base, cma, tools
from pymoo.algorithms.moo.nsga2 import NSGA2 as PYMOO_NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3 as PYMOO_NSGA3
from pymoo.algorithms.moo.sms import SMSEMOA as PYMOO_SMSEMOA
from pymoo.algorithms.soo.nonconvex.de import DE as PYMOO_DE
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.problems import get_problem
from pymoo.util.ref_dirs import get_reference_directions
from scipy.stats import qmc

from patchwright.search import (
    CMAES,
    DE,
    GA,
    GP,
    MOCMAES,
    NSGA2,
    NSGA3,
    SMSEMOA,
    TPE,
    CatCMA,
    COMOCatCMA,
    DeapNSGA2,
    OptunaCMAES,
    OptunaNSGA2,
    Sobol,
)
from tests.search.spaces import subspace_of

D, POPULATION = 8, 20
SUBSPACE = subspace_of("c" * D)
START = SUBSPACE.sample(POPULATION, np.random.default_rng(0))


def two(genotypes):
    return get_problem("zdt1", n_var=D).evaluate(genotypes)


def one(genotypes):
    return ((genotypes - 0.3) ** 2 * np.arange(1, D + 1)).sum(axis=1, keepdims=True)


def generations_of(optimizer, scores, n):
    for _ in range(n):
        genotypes = optimizer.ask()
        yield genotypes
        optimizer.tell(genotypes, scores(genotypes))


PYMOO = {
    "nsga2": (
        NSGA2,
        {"crossover_eta": 15, "mutation_eta": 20},
        lambda: PYMOO_NSGA2(pop_size=POPULATION, sampling=START),
    ),
    "nsga3": (
        NSGA3,
        {"crossover_eta": 30, "mutation_eta": 20},
        lambda: PYMOO_NSGA3(
            get_reference_directions("das-dennis", 2, n_partitions=POPULATION - 1), sampling=START
        ),
    ),
    "sms_emoa": (
        SMSEMOA,
        {"crossover_eta": 15, "mutation_eta": 20},
        lambda: PYMOO_SMSEMOA(
            pop_size=POPULATION, sampling=START, crossover=SBX(eta=15), mutation=PM(eta=20)
        ),
    ),
    "de": (
        DE,
        {"weight": 0.5, "crossover": 0.2},
        lambda: PYMOO_DE(pop_size=POPULATION, sampling=START, variant="DE/rand/1/bin"),
    ),
}


@pytest.mark.parametrize("name", PYMOO)
def test_pymoo(name):
    cls, options, make = PYMOO[name]
    scores = one if name == "de" else two
    m = 1 if name == "de" else 2
    problem = get_problem("sphere" if m == 1 else "zdt1", n_var=D)
    bare = make()
    bare.setup(problem, seed=9, termination=NoTermination())
    ours = cls(SUBSPACE, m, seed=9, population=POPULATION, initial=START, **options)
    for genotypes in generations_of(ours, scores, 25):
        population = bare.ask()
        assert np.array_equal(genotypes, population.get("X"))
        population.set("F", scores(genotypes))
        bare.tell(infills=population)


def deap_run(optimizer, select, replace, mate, mutate, crossover_rate, mutation_rate, scores):
    """Yield the generations of DEAP's `varAnd`, from the optimizer's first random state."""
    fitness = type("Fitness", (base.Fitness,), {"weights": (-1.0,) * scores(START).shape[1]})

    class Bare(list):
        def __init__(self, values):
            super().__init__(values)
            self.fitness = fitness()

    toolbox = base.Toolbox()
    toolbox.register("mate", mate)
    toolbox.register("mutate", mutate)
    toolbox.register("clone", lambda parent: Bare(parent))
    random.setstate(optimizer._python)
    parents, children = [], [Bare(row) for row in START.tolist()]
    for _ in range(15):
        genotypes = np.clip(np.array(children), 0, 1)
        yield genotypes
        children = [Bare(row) for row in genotypes.tolist()]
        for child, values in zip(children, scores(genotypes).tolist(), strict=True):
            child.fitness.values = values
        parents = replace(parents, children)
        chosen = select(parents)
        children = algorithms.varAnd(chosen, toolbox, crossover_rate, mutation_rate)


@pytest.mark.parametrize("tournament", [True, False])
def test_deap_nsga2(tournament):
    ours = DeapNSGA2(
        SUBSPACE, 2, seed=9, population=POPULATION, initial=START, tournament=tournament
    )
    bare = deap_run(
        ours,
        lambda parents: tools.selTournamentDCD(parents, POPULATION) if tournament else parents,
        lambda parents, children: tools.selNSGA2(parents + children, POPULATION),
        lambda a, b: tools.cxSimulatedBinaryBounded(a, b, 30.0, 0.0, 1.0),
        lambda child: tools.mutPolynomialBounded(child, 20.0, 0.0, 1.0, 1 / D),
        1.0,
        1.0,
        two,
    )
    expected = list(bare)
    for genotypes, reference in zip(generations_of(ours, two, 15), expected, strict=True):
        assert np.array_equal(genotypes, reference)


@pytest.mark.parametrize("crossover", ["blend", "sbx", "two_point"])
def test_deap_ga(crossover):
    spread = 15.0 if crossover == "sbx" else 0.5
    mate = {
        "blend": lambda a, b: tools.cxBlend(a, b, spread),
        "sbx": lambda a, b: tools.cxSimulatedBinaryBounded(a, b, spread, 0.0, 1.0),
        "two_point": tools.cxTwoPoint,
    }[crossover]
    options = {"crossover": crossover, "spread": spread, "crossover_rate": 0.5}
    options |= {"mutation_rate": 0.3, "gene_rate": 0.2, "elite": 0}
    ours = GA(SUBSPACE, 1, seed=9, population=POPULATION, initial=START, **options)
    expected = list(
        deap_run(
            ours,
            lambda parents: tools.selTournament(parents, POPULATION, 3),
            lambda parents, children: tools.selBest(children, POPULATION),
            mate,
            lambda child: tools.mutGaussian(child, 0.0, 0.1, 0.2),
            0.5,
            0.3,
            one,
        )
    )
    for genotypes, reference in zip(generations_of(ours, one, 15), expected, strict=True):
        assert np.array_equal(genotypes, reference)


def test_deap_mo_cmaes():
    ours = MOCMAES(SUBSPACE, 2, seed=9, population=POPULATION, initial=START)
    numpy = ours._numpy
    asked = list(generations_of(ours, two, 15))
    fitness = type("Fitness", (base.Fitness,), {"weights": (-1.0, -1.0)})

    class Bare(list):
        def __init__(self, values):
            super().__init__(values)
            self.fitness = fitness()

    def score(individuals):
        drawn = np.array(individuals)
        valid = np.clip(drawn, 0, 1)
        far = 1e-6 * ((drawn - valid) ** 2).sum(axis=1, keepdims=True)
        for individual, values in zip(individuals, two(valid) + far, strict=True):
            individual.fitness.values = values.tolist()
        return valid

    np.random.set_state(numpy)  # noqa: NPY002
    members = [Bare(row) for row in START.tolist()]
    assert np.array_equal(score(members), asked[0])
    bare = cma.StrategyMultiObjective(members, 0.1, mu=POPULATION, lambda_=POPULATION)
    for genotypes in asked[1:]:
        children = bare.generate(Bare)
        assert genotypes == pytest.approx(score(children), abs=1e-15)
        bare.update(children)


def test_catcma_on_a_mixed_space():
    subspace = subspace_of("cciikb")
    ours = CatCMA(subspace, 1, seed=5, population=10)
    ours._cma.reseed_rng(7)
    bins = [((np.arange(10) + 0.5) / 10).tolist()] * 2
    bare = cmaes.CatCMAwM(
        x_space=[[0, 1]] * 2,
        z_space=bins,
        c_space=[3, 2],
        population_size=10,
        mean=np.full(4, 0.5),
        sigma=0.3,
        cov=np.eye(4),
        seed=7,
    )
    for genotypes in generations_of(ours, lambda x: ((x - 0.3) ** 2).sum(1)[:, None], 20):
        solutions = [bare.ask() for _ in range(10)]
        rows = [[*s.x, *s.z, *((s.c.argmax(axis=1) + 0.5) / [3, 2])] for s in solutions]
        assert genotypes == pytest.approx(np.array(rows), abs=1e-15)
        bare.tell(list(zip(solutions, ((genotypes - 0.3) ** 2).sum(1), strict=True)))


def test_comocatcma():
    ours = COMOCatCMA(SUBSPACE, 2, seed=5, kernels=4, population=8, initial=START)
    kernels = [
        cmaes.CatCMAwM(
            x_space=[[0, 1]] * D, mean=row.copy(), sigma=0.2, cov=np.eye(D), population_size=8
        )
        for row in START[:4]
    ]
    seed = int(np.random.default_rng(5).integers(2**31))
    bare = cmaes.COMOCatCMAwM(x_space=[[0, 1]] * D, kernels=kernels, seed=seed)
    for genotypes in generations_of(ours, two, 30):
        solutions = list(bare.ask_iter())
        assert np.array_equal(genotypes, np.clip([s.x for s in solutions], 0, 1))
        bare.tell(list(zip(solutions, two(genotypes).tolist(), strict=True)))


OPTUNA = {
    TPE: lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    GP: lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True),
    OptunaNSGA2: lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=12),
    OptunaCMAES: lambda seed: optuna.samplers.CmaEsSampler(seed=seed, popsize=12),
}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("cls", OPTUNA)
def test_optuna(cls):
    scores = two if cls.multi_objective else one
    m = scores(START).shape[1]
    n = 6 if cls is GP else 12  # per generation; the startup takes 10
    ours = cls(SUBSPACE, m, seed=5, population=n)
    seed = int(np.random.default_rng(5).integers(2**31))
    bare = optuna.create_study(sampler=OPTUNA[cls](seed), directions=["minimize"] * m)
    space = {f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(D)}
    for row in SUBSPACE.sample(n, np.random.default_rng((5, 1))):
        bare.enqueue_trial(dict(zip(space, row.tolist(), strict=True)))
    for genotypes in generations_of(ours, scores, 3 if cls is GP else 4):
        trials = [bare.ask(space) for _ in range(n)]
        assert np.array_equal(genotypes, [[t.params[name] for name in space] for t in trials])
        for trial, values in zip(trials, scores(genotypes).tolist(), strict=True):
            bare.tell(trial, values)


def test_sobol():
    ours = Sobol(SUBSPACE, 1, seed=5, population=16)
    bare = qmc.Sobol(D, scramble=True, rng=np.random.default_rng(5))
    for genotypes in generations_of(ours, one, 4):
        assert np.array_equal(genotypes, bare.random(16))


def test_cmaes_updates_as_the_library_does():
    ours = CMAES(SUBSPACE, 1, seed=5, population=12)
    bare = cmaes.CMA(np.full(D, 0.5), 0.3, np.tile([0.0, 1.0], (D, 1)), population_size=12)
    for genotypes in generations_of(ours, one, 40):
        bare.tell(list(zip(genotypes, one(genotypes)[:, 0].tolist(), strict=True)))
    assert np.array_equal(ours._cma.mean, bare.mean)
    assert ours._cma._sigma == bare._sigma


def test_cmaes_samples_the_distribution_of_the_library():
    ours = CMAES(subspace_of("ccc"), 1, seed=0, population=4000, sigma=0.05)
    bare = cmaes.CMA(np.full(3, 0.5), 0.05, population_size=4000, seed=1)
    covariance = np.diag([1.0, 4.0, 0.25]) + 0.3
    for strategy in (ours._cma, bare):
        strategy._C, strategy._B, strategy._D = covariance.copy(), None, None
    sampled = ours.ask()
    reference = np.array([bare.ask() for _ in range(4000)])
    assert np.cov(sampled.T) == pytest.approx(np.cov(reference.T), rel=0.15, abs=2e-4)
    assert np.cov(sampled.T) == pytest.approx(0.05**2 * covariance, rel=0.1, abs=2e-4)
