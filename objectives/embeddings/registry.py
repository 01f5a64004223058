"""The embeddings that are always there."""

from __future__ import annotations

from objectives.embeddings.embedding import Embedding
from objectives.embeddings.modulation import Modulation
from objectives.embeddings.statistics import MelStats, MFCCStats

EMBEDDINGS: dict[str, type[Embedding]] = {
    MelStats.name: MelStats,
    MFCCStats.name: MFCCStats,
    Modulation.name: Modulation,
}
"""From the name in YAML to the class."""
