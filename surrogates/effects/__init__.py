"""Recognition of effects: which ones are on a sound, heard from the wet sound alone."""

from patchwright.surrogates.effects.features import SECONDS, SR, EffectFeatures
from patchwright.surrogates.effects.labels import LABELS
from patchwright.surrogates.effects.recogniser import Recogniser, Recognition

__all__ = ["LABELS", "SECONDS", "SR", "EffectFeatures", "Recogniser", "Recognition"]
