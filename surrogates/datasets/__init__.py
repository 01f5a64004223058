"""Datasets: presets, notes, sounds and features, rendered once for all that learns from them."""

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.card import Card, SplitShares
from patchwright.surrogates.datasets.dataset import Batch, Dataset
from patchwright.surrogates.datasets.dry import DrySet, DrySounds
from patchwright.surrogates.datasets.notes import NoteSet
from patchwright.surrogates.datasets.recipe import Gate, Recipe
from patchwright.surrogates.datasets.sources import SOURCES, Crossed, FromPrior, Perturbed, Source

__all__ = [
    "SOURCES",
    "Batch",
    "Card",
    "Crossed",
    "Dataset",
    "DrySet",
    "DrySounds",
    "Features",
    "FromPrior",
    "Gate",
    "NoteSet",
    "Perturbed",
    "Recipe",
    "Source",
    "SplitShares",
]
