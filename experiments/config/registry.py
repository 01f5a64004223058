"""Names in YAML to classes: the built-in ones, and those that other packages add.

Third parties register classes under the entry point groups `patchwright.synths`,
`patchwright.objectives` and `patchwright.optimizers`.
"""

import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar

from patchwright.experiments.errors import ExperimentError
from patchwright.search.optimizer import GIVEN
from patchwright.synths import did_you_mean

T = TypeVar("T")


def find(kind: str, name: str, built_in: Mapping[str, type[T]]) -> type[T]:
    """Find a class by its name.

    Args:
        kind: ``synth``, ``objective`` or ``optimizer``.
        name: As in YAML.
        built_in: The project's own.

    Returns:
        The class.

    Raises:
        ExperimentError: If there is none, or its package does not load.
    """
    if name in built_in:
        return built_in[name]
    added = {point.name: point for point in entry_points(group=f"patchwright.{kind}s")}
    if name not in added:
        hint = did_you_mean(name, [*built_in, *added])
        raise ExperimentError(f"There is no {kind} {name!r}: {hint}")
    try:
        found: type[T] = added[name].load()
    except ImportError as error:
        raise ExperimentError(
            f"The {kind} {name!r} does not load ({error}): install what it needs."
        ) from error
    return found


def check_options(kind: str, name: str, cls: type, options: Mapping[str, Any]) -> None:
    """Refuse options that a class does not take.

    Raises:
        ExperimentError: If one is unknown; the message names the nearest.
    """
    taken = [
        parameter.name
        for parameter in inspect.signature(cls).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.name not in GIVEN
    ]
    for option in options:
        if option not in taken:
            hint = did_you_mean(option, taken) if taken else "it has none, leave them out."
            raise ExperimentError(f"The {kind} {name} has no option {option!r}: {hint}")
