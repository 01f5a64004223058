"""Priors by name: the synth's own, musical ones, shipped ones, and those in folders."""

from pathlib import Path

from patchwright.synths.parameters import ParameterSpace
from patchwright.synths.priors import musical
from patchwright.synths.priors.card import read_card
from patchwright.synths.priors.folder import read_prior
from patchwright.synths.priors.names import AUTO, MUSICAL, SPEC, prior_folder, shipped_priors
from patchwright.synths.priors.prior import PresetPrior


def find_prior(name: str | Path, space: ParameterSpace, synth: str) -> PresetPrior | None:
    """Return a prior for a synth; None for the synth's own.

    Args:
        name: ``spec`` (the synth's own), ``musical``, ``auto``, the name of a shipped prior, or the
            folder of a learned one. ``auto`` is the musical prior of a built-in synth, the shipped
            one of a plugin, and the synth's own if there is neither.
        space: Space of the synth.
        synth: Name of the synth.

    Raises:
        SynthError: If there is no such prior, or it is damaged or of another synth.
    """
    if name == SPEC:
        return None
    if name == MUSICAL or (name == AUTO and synth in musical.PRIORS):
        return musical.musical_prior(space, synth)
    if name != AUTO:
        return read_prior(prior_folder(name), space, synth)
    for shipped in map(prior_folder, shipped_priors()):
        if read_card(shipped).difference(space, synth) is None:
            return read_prior(shipped, space, synth)
    return None
