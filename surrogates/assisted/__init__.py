"""Optimizers that ask a surrogate before they render, one per file."""

from patchwright.search import Optimizer
from patchwright.surrogates.assisted.gradient import Gradient
from patchwright.surrogates.assisted.guide import Guide, unsuitable
from patchwright.surrogates.assisted.hybrid import Hybrid
from patchwright.surrogates.assisted.online import Online
from patchwright.surrogates.assisted.prescreened import Prescreened

ASSISTED: dict[str, type[Optimizer]] = {
    "hybrid": Hybrid,
    "online": Online,
    "gradient": Gradient,
    "prescreened": Prescreened,
}
"""Assisted optimizers by name."""

__all__ = [
    "ASSISTED",
    "Gradient",
    "Guide",
    "Hybrid",
    "Online",
    "Prescreened",
    "unsuitable",
]
