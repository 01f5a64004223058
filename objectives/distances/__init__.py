"""The distances of the field, one file a family, and the registry of them."""

from patchwright.objectives.distances.cepstral import MFCCD, MFCCMAE
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.distances.envelope import Envelope
from patchwright.objectives.distances.level import Level
from patchwright.objectives.distances.magnitude import LSD, SpectralConvergence
from patchwright.objectives.distances.mel_spectral import LogMel, MelSTFT
from patchwright.objectives.distances.onsets import OnsetEnvelope
from patchwright.objectives.distances.pitch import F0
from patchwright.objectives.distances.rms import RMSCosine
from patchwright.objectives.distances.shape import Centroid, Flatness
from patchwright.objectives.distances.spectral import MRSTFT, MSS
from patchwright.objectives.distances.transport import SOT
from patchwright.objectives.distances.warping import WMFCC
from patchwright.objectives.objective import Objective

OBJECTIVES: dict[str, type[Objective]] = {
    MRSTFT.name: MRSTFT,
    MSS.name: MSS,
    MFCCMAE.name: MFCCMAE,
    Envelope.name: Envelope,
    MFCCD.name: MFCCD,
    WMFCC.name: WMFCC,
    Centroid.name: Centroid,
    Flatness.name: Flatness,
    OnsetEnvelope.name: OnsetEnvelope,
    MelSTFT.name: MelSTFT,
    LogMel.name: LogMel,
    SpectralConvergence.name: SpectralConvergence,
    LSD.name: LSD,
    SOT.name: SOT,
    RMSCosine.name: RMSCosine,
    Level.name: Level,
    F0.name: F0,
    EmbeddingDistance.name: EmbeddingDistance,
}
"""From the name in YAML to the class."""

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
    "MelSTFT",
    "OnsetEnvelope",
    "RMSCosine",
    "SpectralConvergence",
]
