"""Optimizers that propose presets in a unit cube, and the loop that runs them."""

from patchwright.search.archive import Archive
from patchwright.search.calibration import Calibration, calibrate
from patchwright.search.descriptor_space import DescriptorAxis, DescriptorSpace
from patchwright.search.elites import Elites
from patchwright.search.evaluation import Evaluate, EvaluationLog, Evaluations
from patchwright.search.optimizer import Optimizer, SearchError
from patchwright.search.optimizers import (
    CMAES,
    CMAME,
    DE,
    GA,
    GP,
    LSHADE,
    MOCMAES,
    NSGA2,
    NSGA3,
    OPTIMIZERS,
    SMSEMOA,
    TPE,
    Auto,
    CatCMA,
    COMOCatCMA,
    DeapNSGA2,
    Islands,
    MapElites,
    OptunaCMAES,
    OptunaNSGA2,
    Portfolio,
    RandomSearch,
    Sobol,
)
from patchwright.search.penalty import Penalty
from patchwright.search.run import Batch, Budget, Generation, SearchResult, run

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
    "Batch",
    "Budget",
    "COMOCatCMA",
    "Calibration",
    "CatCMA",
    "DeapNSGA2",
    "DescriptorAxis",
    "DescriptorSpace",
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
    "Penalty",
    "Portfolio",
    "RandomSearch",
    "SearchError",
    "SearchResult",
    "Sobol",
    "calibrate",
    "run",
]
