"""Embeddings: sounds become vectors, near each other where the sounds are alike.

Those in `EMBEDDINGS` need nothing but a sound. `load_embedding` also makes those that need a
trained model from a local file; nothing is ever fetched.
"""

from objectives.embeddings.embedding import Embedding
from objectives.embeddings.load import load_embedding
from objectives.embeddings.modulation import Modulation
from objectives.embeddings.registry import EMBEDDINGS
from objectives.embeddings.statistics import MelStats, MFCCStats

__all__ = [
    "EMBEDDINGS",
    "Embedding",
    "MFCCStats",
    "MelStats",
    "Modulation",
    "load_embedding",
]
