"""Embeddings: vectors of sounds, close to each other for similar sounds.

Those in `EMBEDDINGS` need no model. `load_embedding` also loads trained models from local files;
nothing is downloaded. A TorchScript model is a program, and is loaded only after `trust(path)`.
"""

from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.load import installed_networks, load_embedding, model_path
from patchwright.objectives.embeddings.modulation import Modulation
from patchwright.objectives.embeddings.registry import EMBEDDINGS
from patchwright.objectives.embeddings.statistics import MelStats, MFCCStats
from patchwright.objectives.embeddings.trusted import trust

__all__ = [
    "EMBEDDINGS",
    "Embedding",
    "MFCCStats",
    "MelStats",
    "Modulation",
    "installed_networks",
    "load_embedding",
    "model_path",
    "trust",
]
