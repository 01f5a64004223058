"""Optimizers, one per file; `OPTIMIZERS` maps names to classes."""

from patchwright.search.optimizer import Optimizer
from patchwright.search.optimizers.auto import Auto
from patchwright.search.optimizers.catcma import CatCMA
from patchwright.search.optimizers.cma_me import CMAME
from patchwright.search.optimizers.cmaes import CMAES
from patchwright.search.optimizers.comocatcma import COMOCatCMA
from patchwright.search.optimizers.de import DE
from patchwright.search.optimizers.deap_nsga2 import DeapNSGA2
from patchwright.search.optimizers.ga import GA
from patchwright.search.optimizers.islands import Islands
from patchwright.search.optimizers.lshade import LSHADE
from patchwright.search.optimizers.map_elites import MapElites
from patchwright.search.optimizers.mo_cmaes import MOCMAES
from patchwright.search.optimizers.nsga2 import NSGA2
from patchwright.search.optimizers.nsga3 import NSGA3
from patchwright.search.optimizers.optuna_samplers import GP, TPE, OptunaCMAES, OptunaNSGA2
from patchwright.search.optimizers.portfolio import Portfolio
from patchwright.search.optimizers.random_search import RandomSearch
from patchwright.search.optimizers.sms_emoa import SMSEMOA
from patchwright.search.optimizers.sobol import Sobol

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
