"""The parameters of the best preset, as a page shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from experiments.errors import ExperimentError
from experiments.registry import find
from experiments.report.finished_run import FinishedRun
from synths import Parameter, Preset, SynthError
from synths.builtin import SYNTHS


@dataclass(frozen=True)
class Knob:
    """One parameter of a preset.

    Attributes:
        name: As locks name it.
        text: Its value with the unit.
        about: What it is, and from where to where it goes; empty if the synth is not at hand.
        position: Its normalised value; None if the synth is not at hand.
        default: The normalised default, or None.
        locked: Whether the search could not move it; None if that is not known.
    """

    name: str
    text: str
    about: str = ""
    position: float | None = None
    default: float | None = None
    locked: bool | None = None


def knob_groups(run: FinishedRun) -> dict[str, list[Knob]]:
    """The parameters of the best preset by what their names begin with; lone ones are "other"."""
    groups: dict[str, list[Knob]] = {}
    for knob in _knobs(run):
        groups.setdefault(knob.name.partition("_")[0], []).append(knob)
    shared = {name: knobs for name, knobs in groups.items() if len(knobs) > 1}
    lone = [knobs[0] for knobs in groups.values() if len(knobs) == 1]
    return shared | ({"other": shared.get("other", []) + lone} if lone else {})


def _knobs(run: FinishedRun) -> Iterator[Knob]:
    texts: dict[str, str] = run.summary["preset"]
    synth = run.config.synth
    try:
        space = find("synth", synth.name, SYNTHS).space
        free = space.lock(synth.lock, free=synth.free).names
        values = Preset.read(run.best_preset, synth.name, space).values
    except (ExperimentError, SynthError):  # the synth of another version, or one not installed
        yield from (Knob(name, text) for name, text in texts.items())
        return
    positions = dict(zip(space.names, values, strict=True))
    for name, text in texts.items():
        if name in positions:
            parameter = space[name]
            yield Knob(
                name=name,
                text=text,
                about=_about(parameter),
                position=float(positions[name]),
                default=parameter.normalise(None),
                locked=name not in free,
            )
        else:
            yield Knob(name, text)


def _about(parameter: Parameter) -> str:
    span = ", ".join(parameter.choices) or f"{parameter.text(0.0)} to {parameter.text(1.0)}"
    return f"{parameter.about}: {span}" if parameter.about else span
