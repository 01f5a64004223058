"""The parameters of the best preset, as a page shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.synths import Preset

_MOST = 120  # parameters; of a larger synth only the free ones are shown


@dataclass(frozen=True)
class Knob:
    """One parameter of a preset.

    Attributes:
        name: As locks name it.
        text: Its value with the unit.
        about: What it is, and from where to where it goes.
        position: Its normalised value.
        default: The normalised default.
        locked: Whether the search could not move it.
    """

    name: str
    text: str
    about: str
    position: float
    default: float
    locked: bool


def knob_groups(run: FinishedRun) -> dict[str, list[Knob]]:
    """The parameters of the best preset by what their names begin with; lone ones are "other"."""
    groups: dict[str, list[Knob]] = {}
    for knob in _knobs(run):
        groups.setdefault(knob.name.partition("_")[0], []).append(knob)
    shared = {name: knobs for name, knobs in groups.items() if len(knobs) > 1}
    lone = [knobs[0] for knobs in groups.values() if len(knobs) == 1]
    return shared | ({"other": shared.get("other", []) + lone} if lone else {})


def hidden(run: FinishedRun) -> int:
    """How many locked parameters `knob_groups` leaves out."""
    return len(run.space) - sum(map(len, knob_groups(run).values()))


def _knobs(run: FinishedRun) -> Iterator[Knob]:
    synth, space = run.config.synth, run.space
    free = set(synth.subspace(space).names)
    values = Preset.read(run.best_preset, run.summary["synth"], space).values
    for parameter, value in zip(space.parameters, values.tolist(), strict=True):
        if len(space) <= _MOST or parameter.name in free:
            span = parameter.span()
            yield Knob(
                name=parameter.name,
                text=parameter.text(value),
                about=f"{parameter.about}: {span}" if parameter.about else span,
                position=value,
                default=parameter.normalise(None),
                locked=parameter.name not in free,
            )
