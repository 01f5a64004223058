"""A prior to show: a learned one, or the musical one of a built-in synth."""

from dataclasses import dataclass
from pathlib import Path

from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters import ParameterSpace
from patchwright.synths.priors.card import PriorCard
from patchwright.synths.priors.folder import read_alone
from patchwright.synths.priors.musical import musical_prior
from patchwright.synths.priors.names import MUSICAL, prior_folder
from patchwright.synths.priors.prior import PresetPrior


@dataclass(frozen=True, eq=False)
class ShownPrior:
    """A prior with what is known of it.

    Attributes:
        name: Name or folder.
        synth: Name of the synth.
        prior: The prior.
        space: Space of the synth.
        card: Card of a learned prior; None for a musical one.
    """

    name: str
    synth: str
    prior: PresetPrior
    space: ParameterSpace
    card: PriorCard | None


def read_shown(name: str, synth: str | None) -> ShownPrior:
    """Read a prior to show.

    Args:
        name: Folder of a learned prior, name of a shipped one, or ``musical``.
        synth: Built-in synth; only for ``musical``.

    Raises:
        ExperimentError: If the synth is missing, unknown, or given for a learned prior.
        SynthError: If there is no such prior, or it is damaged.
    """
    if name == MUSICAL:
        if synth is None:
            raise ExperimentError("Musical priors are of a built-in synth: name it with --synth.")
        space = find("synth", synth, SYNTHS).space
        return ShownPrior(name, synth, musical_prior(space, synth), space, None)
    if synth is not None:
        raise ExperimentError(
            f"The prior {name} says itself of which synth it is: leave out --synth."
        )
    prior, card, space = read_alone(prior_folder(name))
    return ShownPrior(Path(name).name, card.synth, prior, space, card)
