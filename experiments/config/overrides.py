"""Values that the command line or a sweep sets in an experiment."""

from typing import Any

from patchwright.experiments.config.model import expand_name
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import SynthError
from patchwright.synths.yaml_file import parse_yaml


def override(content: dict[str, Any], assignment: str) -> None:
    """Apply an assignment to an experiment given as a mapping.

    Args:
        content: Mapping, changed in place.
        assignment: Dotted key and value, such as ``search.method=cmaes``; the value is YAML.

    Raises:
        ExperimentError: If the assignment is malformed, or goes through a value without keys.

    Examples:
        >>> content = {"target": {"path": "note.wav"}}
        >>> override(content, "search.renders=500")
        >>> content["search"]
        {'renders': 500}
    """
    dotted, value = read_assignment(assignment)
    assign(content, dotted, value, source=f"--set {dotted}")


def read_assignment(assignment: str) -> tuple[str, Any]:
    """Split an assignment into its dotted key and its value; see `override`.

    Raises:
        ExperimentError: If it is malformed.

    Examples:
        >>> read_assignment("search.renders=500")
        ('search.renders', 500)
    """
    dotted, equals, text = assignment.partition("=")
    if not equals or not dotted:
        raise ExperimentError(f"--set expects key=value, such as seed=1, not {assignment!r}.")
    try:
        value = parse_yaml(text)
    except SynthError as error:
        raise ExperimentError(f"--set {dotted}: {text[:60]!r} {error}") from error
    return dotted, value


def assign(content: dict[str, Any], dotted: str, value: Any, *, source: str) -> None:
    """Set a value of an experiment given as a mapping.

    Args:
        content: Mapping, changed in place.
        dotted: Dotted key, such as ``search.method``.
        value: New value.
        source: Option or key that errors name.

    Raises:
        ExperimentError: If the key goes through a value without keys.
    """
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = content.setdefault(parent, {})
        if isinstance(inner, str) and parent == "synth":
            inner = content["synth"] = expand_name(inner)
        if not isinstance(inner, dict):
            raise ExperimentError(f"{source}: {parent} is a value without keys: set it as a whole.")
        content = inner
    content[last] = value
