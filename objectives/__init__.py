"""How far two sounds are apart: distances to a target, computed in batches.

A `Target` is the recording to be matched. An `Objective` is a distance, `prepare`d once for a
target. An `ObjectiveSet` measures batches of candidates by several objectives, which share the
spectrograms of one `Spectra`.
"""

from objectives.cepstral import MFCCD, MFCCMAE
from objectives.embedding_distance import EmbeddingDistance
from objectives.envelope import Envelope
from objectives.level import Level
from objectives.magnitude import LSD, SpectralConvergence
from objectives.mel_spectral import LogMel, MelSTFT
from objectives.objective import Objective, PreparedObjective, target_spectra
from objectives.objective_set import ObjectiveSet
from objectives.onsets import OnsetEnvelope
from objectives.pitch import F0
from objectives.rms import RMSCosine
from objectives.scratch import Scratch
from objectives.shape import Centroid, Flatness
from objectives.spectra import MelConfig, Spectra, STFTConfig
from objectives.spectral import MRSTFT, MSS
from objectives.target import ObjectiveError, Target
from objectives.transport import SOT
from objectives.view import View, Viewed
from objectives.warping import WMFCC

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
