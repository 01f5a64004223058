"""Who proposes presets: optimizers on a unit cube, and the loop that runs them."""

from search.archive import Archive
from search.auto import Auto
from search.calibration import Calibration, calibrate
from search.catcma import CatCMA
from search.cma_me import CMAME
from search.cmaes import CMAES
from search.comocatcma import COMOCatCMA
from search.de import DE
from search.deap_nsga2 import DeapNSGA2
from search.descriptors import Descriptor, Descriptors
from search.elites import Elites
from search.evaluation import Evaluate, EvaluationLog, Evaluations
from search.ga import GA
from search.islands import Islands
from search.lshade import LSHADE
from search.map_elites import MapElites
from search.mo_cmaes import MOCMAES
from search.nsga2 import NSGA2
from search.nsga3 import NSGA3
from search.optimizer import Optimizer, SearchError
from search.optuna_samplers import GP, TPE, OptunaCMAES, OptunaNSGA2
from search.portfolio import Portfolio
from search.random_search import RandomSearch
from search.run import Budget, Generation, SearchResult, run
from search.sms_emoa import SMSEMOA
from search.sobol import Sobol

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
    "Archive",
    "Auto",
    "Budget",
    "COMOCatCMA",
    "Calibration",
    "CatCMA",
    "DeapNSGA2",
    "Descriptor",
    "Descriptors",
    "Elites",
    "Evaluate",
    "EvaluationLog",
    "Evaluations",
    "Generation",
    "Islands",
    "MapElites",
    "Optimizer",
    "OptunaCMAES",
    "OptunaNSGA2",
    "Portfolio",
    "RandomSearch",
    "SearchError",
    "SearchResult",
    "Sobol",
    "calibrate",
    "run",
]
