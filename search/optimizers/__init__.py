"""Optimizers, one a file; `OPTIMIZERS` has them by name."""

from search.optimizer import Optimizer
from search.optimizers.auto import Auto
from search.optimizers.catcma import CatCMA
from search.optimizers.cma_me import CMAME
from search.optimizers.cmaes import CMAES
from search.optimizers.comocatcma import COMOCatCMA
from search.optimizers.de import DE
from search.optimizers.deap_nsga2 import DeapNSGA2
from search.optimizers.ga import GA
from search.optimizers.islands import Islands
from search.optimizers.lshade import LSHADE
from search.optimizers.map_elites import MapElites
from search.optimizers.mo_cmaes import MOCMAES
from search.optimizers.nsga2 import NSGA2
from search.optimizers.nsga3 import NSGA3
from search.optimizers.optuna_samplers import GP, TPE, OptunaCMAES, OptunaNSGA2
from search.optimizers.portfolio import Portfolio
from search.optimizers.random_search import RandomSearch
from search.optimizers.sms_emoa import SMSEMOA
from search.optimizers.sobol import Sobol

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "auto": Auto,
    "random": RandomSearch,
    "sobol": Sobol,
    "portfolio": Portfolio,
    "nsga2": NSGA2,
    "nsga3": NSGA3,
    "sms_emoa": SMSEMOA,
    "deap_nsga2": DeapNSGA2,
    "optuna_nsga2": OptunaNSGA2,
    "ga": GA,
    "de": DE,
    "lshade": LSHADE,
    "cmaes": CMAES,
    "catcma": CatCMA,
    "optuna_cmaes": OptunaCMAES,
    "mo_cmaes": MOCMAES,
    "comocatcma": COMOCatCMA,
    "tpe": TPE,
    "gp": GP,
    "islands": Islands,
    "map_elites": MapElites,
    "cma_me": CMAME,
}

__all__ = [
    "CMAES",
    "CMAME",
    "DE",
    "GA",
    "GP",
    "LSHADE",
    "MOCMAES",
    "NSGA2",
    "NSGA3",
    "OPTIMIZERS",
    "SMSEMOA",
    "TPE",
    "Auto",
    "COMOCatCMA",
    "CatCMA",
    "DeapNSGA2",
    "Islands",
    "MapElites",
    "OptunaCMAES",
    "OptunaNSGA2",
    "Portfolio",
    "RandomSearch",
    "Sobol",
]
