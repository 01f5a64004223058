"""Embeddings: sounds become vectors, near each other where the sounds are alike.

Those in `EMBEDDINGS` need nothing but a sound. `load_embedding` also makes those that need a
trained model from a local file; nothing is ever fetched.
"""

from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.load import load_embedding
from patchwright.objectives.embeddings.modulation import Modulation
from patchwright.objectives.embeddings.registry import EMBEDDINGS
from patchwright.objectives.embeddings.statistics import MelStats, MFCCStats

__all__ = [
    "EMBEDDINGS",
    "Embedding",
    "MFCCStats",
    "MelStats",
    "Modulation",
    "load_embedding",
]
