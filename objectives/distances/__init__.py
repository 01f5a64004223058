"""The distances, one file per family, and their registry."""

from patchwright.objectives.distances.auditory import Auditory
from patchwright.objectives.distances.cepstral import MFCCD, MFCCMAE
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.distances.envelope import Envelope
from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.distances.level import Level
from patchwright.objectives.distances.magnitude import LSD, SpectralConvergence
from patchwright.objectives.distances.mel_spectral import LogMel, MelSTFT
from patchwright.objectives.distances.onsets import OnsetEnvelope
from patchwright.objectives.distances.partials import Partials
from patchwright.objectives.distances.pitch import F0
from patchwright.objectives.distances.rms import RMSCosine
from patchwright.objectives.distances.shape import Centroid, Flatness
from patchwright.objectives.distances.spectral import MRSTFT, MSS
from patchwright.objectives.distances.transport import SOT
from patchwright.objectives.distances.warping import WMFCC
from patchwright.objectives.objective import Objective

_ALL: tuple[type[Objective], ...] = (
    MRSTFT,
    MSS,
    MFCCMAE,
    Envelope,
    MFCCD,
    WMFCC,
    Centroid,
    Flatness,
    OnsetEnvelope,
    MelSTFT,
    LogMel,
    SpectralConvergence,
    LSD,
    SOT,
    RMSCosine,
    Level,
    F0,
    Partials,
    Auditory,
    EmbeddingDistance,
)

OBJECTIVES: dict[str, type[Objective]] = {objective.name: objective for objective in _ALL}
"""Distances by name, in the order of reports."""

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
    "Auditory",
    "Centroid",
    "EmbeddingDistance",
    "Envelope",
    "FeatureDistance",
    "Flatness",
    "Level",
    "LogMel",
    "MelSTFT",
    "OnsetEnvelope",
    "Partials",
    "RMSCosine",
    "SpectralConvergence",
]
