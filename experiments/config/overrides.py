"""Values that the command line or a sweep puts into an experiment."""

from typing import Any

import yaml

from patchwright.experiments.config.model import named
from patchwright.experiments.errors import ExperimentError


def override(content: dict[str, Any], assignment: str) -> None:
    """Change one value of an experiment that is given as a mapping.

    Args:
        content: Changed in place.
        assignment: Such as ``search.method=cmaes``; the value is YAML.

    Raises:
        ExperimentError: If it is not an assignment, or leads through a value.
    """
    dotted, equals, text = assignment.partition("=")
    if not equals or not dotted:
        raise ExperimentError(f"--set takes key=value, such as seed=1, not {assignment!r}.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ExperimentError(f"--set {dotted}: {text!r} is not a YAML value.") from error
    assign(content, dotted, value, source=f"--set {dotted}")


def assign(content: dict[str, Any], dotted: str, value: Any, *, source: str) -> None:
    """Put a value into an experiment that is given as a mapping.

    Args:
        content: Changed in place.
        dotted: Where to, such as ``search.method``.
        value: What.
        source: Named in errors.

    Raises:
        ExperimentError: If it leads through a value.
    """
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = content.setdefault(parent, {})
        if isinstance(inner, str) and parent == "synth":
            inner = content["synth"] = named(inner)
        if not isinstance(inner, dict):
            raise ExperimentError(f"{source}: {parent} is a value, it holds no keys.")
        content = inner
    content[last] = value
