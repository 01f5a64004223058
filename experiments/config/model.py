"""Base class of all parts of a config, and the sentences that report mistakes in them."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.plain_text import shown
from patchwright.synths import did_you_mean

M = TypeVar("M", bound="Model")


class Model(BaseModel):
    """Part of a config: immutable, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def expand_name(value: Any) -> Any:
    """Expand a bare name to a mapping with the key ``name``."""
    return {"name": value} if isinstance(value, str) else value


def check(model: type[M], content: Any, *, prefix: str = "") -> M:
    """Validate a part of a config given as a mapping.

    Args:
        model: Class of the part.
        content: Mapping, as read from YAML.
        prefix: Start of the error message, such as ``"a.yaml: "`` or ``"tune."``.

    Raises:
        ExperimentError: At the first mistake.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ExperimentError(f"{prefix}{_sentence(model, error)}") from error
    except UnicodeEncodeError as error:  # pydantic takes no number from such a text
        wrong = shown(error.object)
        raise ExperimentError(f"{prefix}{wrong!r} is no text: write it in UTF-8.") from error


def unknown_key(path: str, known: Iterable[str], *, of: str = "") -> str:
    """Return the sentence that reports an unknown key.

    Args:
        path: Dotted key.
        known: Valid names of its last part.
        of: What the key was given to, such as ``"a suite"``.

    Examples:
        >>> unknown_key("search.rendres", ["renders", "seconds"])
        "search.rendres is not a key; did you mean 'renders'?"
    """
    hint = did_you_mean(path.rpartition(".")[2], known)
    return f"{path} is not a key{f' of {of}' if of else ''}; {hint}"


def _sentence(model: type[Model], error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return unknown_key(path, _part(model, first["loc"][:-1]).model_fields)
    if first["type"] == "missing":
        return f"{path} is missing: give it a value."
    fault = first["msg"].removeprefix("Value error, ")
    return f"{path or 'it'} is wrong: {fault}{'' if fault.endswith(('.', '?')) else '.'}"


def _part(model: type[BaseModel], path: Iterable[int | str]) -> type[BaseModel]:
    """Return the model that a path of keys and list indices leads to."""
    for key in path:
        if key in model.model_fields:
            model = next(_models(model.model_fields[str(key)].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
