"""Lookup of classes by their names in YAML: built-in ones and those of other packages.

Third parties register classes under the entry point groups `patchwright.synths`,
`patchwright.objectives` and `patchwright.optimizers`.
"""

import inspect
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar

from patchwright.experiments.errors import ExperimentError
from patchwright.search.optimizer import GIVEN
from patchwright.synths import did_you_mean

T = TypeVar("T")


def find(
    kind: str, name: str, built_in: Mapping[str, type[T]], options: Iterable[str] = ()
) -> type[T]:
    """Find a class by its name in YAML.

    Args:
        kind: ``synth``, ``objective`` or ``optimizer``.
        name: Name in YAML.
        built_in: Patchwright's own classes by name.
        options: Names of options to check against the class's parameters.

    Raises:
        ExperimentError: If the name or an option is unknown (the message names the nearest), or
            the package that provides the class does not load.

    Examples:
        >>> from patchwright.search import OPTIMIZERS
        >>> find("optimizer", "cmaes", OPTIMIZERS, ["population"]).__name__
        'CMAES'
    """
    cls = built_in[name] if name in built_in else _load(kind, name, built_in)
    for option in options:
        accepted = _options(cls)
        if option not in accepted:
            hint = did_you_mean(option, accepted) if accepted else "it has none, leave them out."
            raise ExperimentError(f"The {kind} {name} has no option {option!r}: {hint}")
    return cls


def _options(cls: type) -> list[str]:
    """Return the names of the parameters that a user may set: those with defaults and keywords."""
    return [
        parameter.name
        for parameter in inspect.signature(cls).parameters.values()
        if parameter.name not in GIVEN
        and (
            parameter.kind is inspect.Parameter.KEYWORD_ONLY
            or (
                parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
                and parameter.default is not inspect.Parameter.empty
            )
        )
    ]


def _load(kind: str, name: str, built_in: Iterable[str]) -> Any:
    points = {point.name: point for point in entry_points(group=f"patchwright.{kind}s")}
    if name not in points:
        hint = did_you_mean(name, [*built_in, *points])
        raise ExperimentError(f"There is no {kind} {name!r}: {hint}")
    try:
        return points[name].load()
    except ImportError as error:
        raise ExperimentError(
            f"The {kind} {name!r} does not load ({error}): install what it needs."
        ) from error
