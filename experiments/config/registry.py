"""Lookup of classes by their names in YAML: built-in ones and those of other packages.

Third parties register classes under the entry point groups `patchwright.synths`,
`patchwright.objectives` and `patchwright.optimizers`.
"""

import functools
import inspect
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.plain_text import shown
from patchwright.search.optimizer import GIVEN
from patchwright.synths import did_you_mean

T = TypeVar("T")


def find(
    kind: str,
    name: str,
    built_in: Mapping[str, type[T]],
    options: Mapping[str, Any] | Sequence[str] = (),
) -> type[T]:
    """Find a class by its name in YAML.

    Args:
        kind: ``synth``, ``objective`` or ``optimizer``.
        name: Name in YAML.
        built_in: Patchwright's own classes by name.
        options: Options to check against the class's parameters and their types, or only the names
            of options.

    Raises:
        ExperimentError: If the name or an option is unknown (the message names the nearest), an
            option is of a wrong type, or the package that provides the class does not load.

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
        fault = _fault(cls, option, options[option]) if isinstance(options, Mapping) else None
        if fault is not None:
            raise ExperimentError(f"The option {option!r} of the {kind} {name} is wrong: {fault}.")
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


def _fault(cls: type, option: str, value: Any) -> str | None:
    """Return what is wrong with the type of an option's value, or None."""
    adapter = _adapter(cls, option)
    try:
        if adapter is not None:
            adapter.validate_python(value)
    except (ValidationError, UnicodeEncodeError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "no UTF-8"
        return f"{first}, not {shown(repr(value))[:80]}"
    return None


@functools.lru_cache
def _adapter(cls: type, option: str) -> TypeAdapter[Any] | None:
    """Return the check of an option's type; None if another package's class names none."""
    try:
        annotation = inspect.signature(cls, eval_str=True).parameters[option].annotation
        if annotation is inspect.Parameter.empty:
            return None
        config = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
        return TypeAdapter(annotation, config=config)
    except (NameError, TypeError, PydanticUserError, PydanticSchemaGenerationError):
        return None


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
