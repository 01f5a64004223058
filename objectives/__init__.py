"""How far two sounds are apart: distances to a target, computed in batches.

A `Target` is the recording to be matched. An `Objective` is a distance, `prepare`d once for a
target. An `ObjectiveSet` measures batches of candidates by several objectives, which share the
spectrograms of one `Spectra`.
"""

from objectives.cepstral import MFCCMAE
from objectives.envelope import Envelope
from objectives.objective import Objective, PreparedObjective, target_spectra
from objectives.objective_set import ObjectiveSet
from objectives.scratch import Scratch
from objectives.spectra import MelConfig, Spectra, STFTConfig
from objectives.spectral import MRSTFT, MSS
from objectives.target import ObjectiveError, Target

OBJECTIVES: dict[str, type[Objective]] = {
    MRSTFT.name: MRSTFT,
    MSS.name: MSS,
    MFCCMAE.name: MFCCMAE,
    Envelope.name: Envelope,
}
"""From the name in YAML to the class."""

__all__ = [
    "MFCCMAE",
    "MRSTFT",
    "MSS",
    "OBJECTIVES",
    "Envelope",
    "MelConfig",
    "Objective",
    "ObjectiveError",
    "ObjectiveSet",
    "PreparedObjective",
    "STFTConfig",
    "Scratch",
    "Spectra",
    "Target",
    "target_spectra",
]
