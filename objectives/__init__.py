"""How far two sounds are apart: distances to a target, computed in batches.

A `Target` is the recording to be matched. An `Objective` is a distance, `prepare`d once for a
target. An `ObjectiveSet` measures batches of candidates by several objectives, which share the
spectrograms of one `Spectra`.
"""

from objectives.distances import (
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
from objectives.objective import Objective, PreparedObjective, target_spectra
from objectives.objective_set import ObjectiveSet
from objectives.scratch import Scratch
from objectives.spectra import MelConfig, Spectra, STFTConfig
from objectives.target import ObjectiveError, Target
from objectives.view import View, Viewed

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
