"""How far two sounds are apart: distances to a target, computed in batches.

A `Target` is the recording to be matched. An `Objective` is a distance, `prepare`d once for a
target. An `ObjectiveSet` measures batches of candidates by several objectives, which share the
spectrograms of one `Spectra`.
"""

from patchwright.objectives.distances import (
    F0,
    LSD,
    MFCCD,
    MFCCMAE,
    MRSTFT,
    MSS,
    OBJECTIVES,
    SOT,
    WMFCC,
    Centroid,
    EmbeddingDistance,
    Envelope,
    Flatness,
    Level,
    LogMel,
    MelSTFT,
    OnsetEnvelope,
    RMSCosine,
    SpectralConvergence,
)
from patchwright.objectives.objective import Objective, PreparedObjective, target_spectra
from patchwright.objectives.objective_set import ObjectiveSet
from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError, Target
from patchwright.objectives.view import View, Viewed

__all__ = [
    "F0",
    "LSD",
    "MFCCD",
    "MFCCMAE",
    "MRSTFT",
    "MSS",
    "OBJECTIVES",
    "SOT",
    "WMFCC",
    "Centroid",
    "EmbeddingDistance",
    "Envelope",
    "Flatness",
    "Level",
    "LogMel",
    "MelConfig",
    "MelSTFT",
    "Objective",
    "ObjectiveError",
    "ObjectiveSet",
    "OnsetEnvelope",
    "PreparedObjective",
    "RMSCosine",
    "STFTConfig",
    "Scratch",
    "Spectra",
    "SpectralConvergence",
    "Target",
    "View",
    "Viewed",
    "target_spectra",
]
