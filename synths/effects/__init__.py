"""Effects: chains of them on a dry sound, or behind any synth."""

from patchwright.synths.effects.address import split_address
from patchwright.synths.effects.chain import Chain
from patchwright.synths.effects.notation import effects_of, parse_chain
from patchwright.synths.effects.synth import EffectSynth
from patchwright.synths.effects.table import EFFECTS

__all__ = ["EFFECTS", "Chain", "EffectSynth", "effects_of", "parse_chain", "split_address"]
