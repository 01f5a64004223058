"""Who proposes presets: optimizers on a unit cube, and the loop that runs them."""

from search.archive import Archive
from search.calibration import Calibration, calibrate
from search.cmaes import CMAES
from search.evaluation import Evaluate, EvaluationLog, Evaluations
from search.nsga2 import NSGA2
from search.optimizer import Optimizer, SearchError
from search.random_search import RandomSearch
from search.run import Budget, Generation, SearchResult, run

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "random": RandomSearch,
    "nsga2": NSGA2,
    "cmaes": CMAES,
}

__all__ = [
    "CMAES",
    "NSGA2",
    "OPTIMIZERS",
    "Archive",
    "Budget",
    "Calibration",
    "Evaluate",
    "EvaluationLog",
    "Evaluations",
    "Generation",
    "Optimizer",
    "RandomSearch",
    "SearchError",
    "SearchResult",
    "calibrate",
    "run",
]
