"""Parameters of the best preset for the report."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.synths import ParameterSpace, Preset

_MAX_SHOWN = 120  # parameters; of a synth with more, only the free ones are shown


@dataclass(frozen=True)
class Knob:
    """One parameter of a preset.

    Attributes:
        name: Name in lock files.
        text: Value with the unit.
        about: Description and range.
        position: Normalised value, 0 to 1.
        default: Normalised default, 0 to 1.
        locked: Whether the search could not move it.
    """

    name: str
    text: str
    about: str
    position: float
    default: float
    locked: bool


def knob_groups(run: FinishedRun, space: ParameterSpace) -> dict[str, list[Knob]]:
    """Group the parameters of the best preset by the first word of their names."""
    return grouped(_knobs(run, space))


class Named(Protocol):
    """Something with the name of a parameter."""

    @property
    def name(self) -> str:
        """Name of the parameter."""
        ...


N = TypeVar("N", bound=Named)


def grouped(knobs: Iterable[N]) -> dict[str, list[N]]:
    """Group knobs by the first word of their names; those alone in a group form the last one."""
    groups: dict[str, list[N]] = {}
    for knob in knobs:
        groups.setdefault(knob.name.partition("_")[0], []).append(knob)
    shared = {name: knobs for name, knobs in groups.items() if len(knobs) > 1}
    lone = [knobs[0] for knobs in groups.values() if len(knobs) == 1]
    return shared | ({"other": shared.get("other", []) + lone} if lone else {})


def hidden(run: FinishedRun, space: ParameterSpace) -> int:
    """Count the locked parameters that `knob_groups` leaves out."""
    return len(space) - sum(map(len, knob_groups(run, space).values()))


def _knobs(run: FinishedRun, space: ParameterSpace) -> Iterator[Knob]:
    free = set(run.config.synth.subspace(space).names)
    values = Preset.read(run.files.best_preset, run.summary.synth, space).values
    for parameter, value in zip(space.parameters, values.tolist(), strict=True):
        if len(space) <= _MAX_SHOWN or parameter.name in free:
            span = parameter.span()
            yield Knob(
                name=parameter.name,
                text=parameter.text(value),
                about=f"{parameter.about}: {span}" if parameter.about else span,
                position=value,
                default=parameter.normalise(None),
                locked=parameter.name not in free,
            )
