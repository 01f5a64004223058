"""Optimizers that ask a surrogate before they render, one per file."""

from patchwright.search import Optimizer
from patchwright.surrogates.assisted.gradient import Gradient
from patchwright.surrogates.assisted.guide import Guide, foreign, unsuitable
from patchwright.surrogates.assisted.hybrid import Hybrid
from patchwright.surrogates.assisted.library import Library
from patchwright.surrogates.assisted.online import Online
from patchwright.surrogates.assisted.predict import Predict
from patchwright.surrogates.assisted.predictor import Ear, Predictor, unsuitable_estimator
from patchwright.surrogates.assisted.prescreened import Prescreened
from patchwright.surrogates.assisted.warm import Warm

ASSISTED: dict[str, type[Optimizer]] = {
    "hybrid": Hybrid,
    "online": Online,
    "gradient": Gradient,
    "prescreened": Prescreened,
}
"""Assisted optimizers by name."""

PREDICTING: dict[str, type[Optimizer]] = {"predict": Predict, "warm": Warm}
"""Optimizers that need an estimator, by name."""

__all__ = [
    "ASSISTED",
    "PREDICTING",
    "Ear",
    "Gradient",
    "Guide",
    "Hybrid",
    "Library",
    "Online",
    "Predict",
    "Predictor",
    "Prescreened",
    "Warm",
    "foreign",
    "unsuitable",
    "unsuitable_estimator",
]
