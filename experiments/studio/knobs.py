"""The parameters of a preset as knobs."""

import math
from dataclasses import dataclass, replace

import numpy as np

from patchwright.experiments.report.knobs import grouped
from patchwright.synths.parameters import Array, Parameter, ParameterSpace, Subspace

_MAX_SHOWN = 160  # parameters; of a synth with more, only those that the search moves are shown


@dataclass(frozen=True)
class Knob:
    """One parameter.

    Attributes:
        name: Name in lock files.
        label: Name within its group.
        kind: Kind of the parameter.
        about: Description and range.
        choices: Texts of its levels; none if it has many.
        levels: Number of its levels; 0 if continuous.
        value: Normalised value, 0 to 1.
        text: Value with the unit.
        default: Normalised default, 0 to 1.
        free: Whether the search moves it.
    """

    name: str
    label: str
    kind: str
    about: str
    choices: tuple[str, ...]
    levels: int
    value: float
    text: str
    default: float
    free: bool


def short_text(parameter: Parameter, normalised: float) -> str:
    """Format a value as a knob shows it: to three digits, or a thousandth of the range.

    Examples:
        >>> from patchwright.synths.builtin import Subtractive
        >>> cutoff, tune = (Subtractive.space[name] for name in ("filter_cutoff", "osc1_tune"))
        >>> short_text(cutoff, 0.5), short_text(tune, 0.4812345)
        ('735 Hz', '-3.8 cents')
    """
    value = parameter.readable(normalised)
    if parameter.kind != "continuous" or isinstance(value, str):
        return parameter.text(normalised)
    if parameter.scale == "log":
        digits = 2 - math.floor(math.log10(abs(value)))
    else:
        digits = 3 - math.floor(math.log10(1.2 * (parameter.high - parameter.low)))
    rounded = round(value, digits) + 0.0
    return f"{np.format_float_positional(rounded, trim='-')} {parameter.unit}".rstrip()


def knob_groups(space: ParameterSpace, subspace: Subspace, values: Array) -> dict[str, list[Knob]]:
    """Return the knobs of a preset, in the groups of the synth.

    Args:
        space: Parameters of the synth.
        subspace: Those that the search moves.
        values: Values of the preset, `[P]`.
    """
    free = set(subspace.names)
    knobs = []
    for parameter, value in zip(space.parameters, values.tolist(), strict=True):
        if len(space) > _MAX_SHOWN and parameter.name not in free:
            continue
        about, span = parameter.about, parameter.span()
        few = parameter.kind in ("categorical", "boolean")
        knobs.append(
            Knob(
                name=parameter.name,
                label=parameter.name.partition("_")[2].replace("_", " ") or parameter.name,
                kind=parameter.kind,
                about=f"{about}: {span}" if about else span,
                choices=parameter.choices or (("off", "on") if few else ()),
                levels=parameter.levels,
                value=value,
                text=short_text(parameter, value),
                default=parameter.normalise(None),
                free=parameter.name in free,
            )
        )
    groups = grouped(knobs)
    for name in groups.keys() & {"other"}:
        groups[name] = [replace(each, label=each.name.replace("_", " ")) for each in groups[name]]
    return groups
