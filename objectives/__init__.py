"""How far two sounds are apart: distances to a target, computed in batches.

A `Target` is the recording to match. An `Objective` is a distance, prepared once for a target. An
`ObjectiveSet` measures batches of candidates by several objectives, which share the spectrograms
of one `Spectra`. The distances themselves are in `patchwright.objectives.distances`.

Examples:
    >>> import numpy as np
    >>> from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
    >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
    >>> scorer = ObjectiveSet([OBJECTIVES["mss"](), OBJECTIVES["level"]()], Target(noise, sr=8_000))
    >>> scorer.names
    ('mss', 'level')
    >>> scorer.score(np.stack([noise, 0.5 * noise])).round(2)
    array([[0.  , 0.  ],
           [0.  , 6.02]])
"""

import patchwright.quick_torch  # noqa: F401 - before anything that imports torch
from patchwright.objectives.distances import OBJECTIVES
from patchwright.objectives.objective import Objective, PreparedObjective, target_spectra
from patchwright.objectives.objective_set import ObjectiveSet
from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError, Target
from patchwright.objectives.view import View, Viewed

__all__ = [
    "OBJECTIVES",
    "MelConfig",
    "Objective",
    "ObjectiveError",
    "ObjectiveSet",
    "PreparedObjective",
    "STFTConfig",
    "Scratch",
    "Spectra",
    "Target",
    "View",
    "Viewed",
    "target_spectra",
]
