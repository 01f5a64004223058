"""The embeddings that need no model."""

from __future__ import annotations

from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.modulation import Modulation
from patchwright.objectives.embeddings.statistics import MelStats, MFCCStats

EMBEDDINGS: dict[str, type[Embedding]] = {
    MelStats.name: MelStats,
    MFCCStats.name: MFCCStats,
    Modulation.name: Modulation,
}
"""Embeddings by name."""
