"""Loading of embeddings by name or by the path of a model."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path

from patchwright.objectives.embeddings.aisfx import AISFX
from patchwright.objectives.embeddings.clap import CLAP
from patchwright.objectives.embeddings.efficientat import EfficientAT
from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.onnx import onnx_model
from patchwright.objectives.embeddings.openl3 import OpenL3
from patchwright.objectives.embeddings.passt import PaSST
from patchwright.objectives.embeddings.registry import EMBEDDINGS
from patchwright.objectives.embeddings.torchscript import torchscript_model
from patchwright.objectives.target import ObjectiveError

_PACKAGED: dict[str, type[AISFX]] = {"aisfx": AISFX}
"""Networks whose weights are in a package, by name."""

_WEIGHTS: dict[str, Callable[[Path], Embedding]] = {
    "clap": CLAP,
    "efficientat": EfficientAT,
    "openl3": OpenL3,
    "passt": PaSST,
}
"""Models of known sample rate, length and axes, by kind."""

_ANY_MODEL: dict[str, Callable[..., Embedding]] = {"onnx": onnx_model, "torch": torchscript_model}
"""Formats of arbitrary models, with the options `sr`, `samples` and `time_axis`."""

_KIND_OF_SUFFIX = {".onnx": "onnx", ".pt": "torch", ".ts": "torch"}


def load_embedding(text: str, **options: int) -> Embedding:
    """Load an embedding.

    Args:
        text: Name in `EMBEDDINGS`, or `aisfx`, whose weights are in a package; or a kind of model
            and its path, such as `clap:FOLDER`; or the path of a model with the suffix `.onnx`, or
            `.pt` or `.ts` for TorchScript.
        **options: Options of `onnx` and `torch` models: `sr`, the model's sample rate in Hz, always
            required; `samples`, its input length, and `time_axis`, the axis of time in its output
            (1 or 2), if trying does not show them. Other embeddings have no options.

    Returns:
        The embedding.

    Raises:
        ObjectiveError: The name is unknown, the model is missing, cannot be read or is not
            trusted, an option is missing or unknown, or a library is not installed.

    Examples:
        >>> load_embedding("mel_stats").name
        'mel_stats'

        Models from files::

            load_embedding("clap:models/clap-htsat-unfused")
            load_embedding("my_model.onnx", sr=16_000)
    """
    if text in EMBEDDINGS:
        _check_options(text, options, taken=())
        return EMBEDDINGS[text]()
    if text in _PACKAGED:
        _check_options(text, options, taken=())
        return _PACKAGED[text]()
    if Path(text).suffix == ".pt2":
        raise ObjectiveError(
            f"{text} is refused, because torch.export.load can run code from a file: export the "
            "model with torch.onnx.export or torch.jit.save instead."
        )
    kind, path = _model(text)
    if path is None:
        choices = [*EMBEDDINGS, *_PACKAGED, *(f"{kind}:PATH" for kind in _WEIGHTS | _ANY_MODEL)]
        raise ObjectiveError(f"There is no embedding {text!r}: {_did_you_mean(kind, choices)}")
    if kind in _WEIGHTS:
        _check_options(text, options, taken=())
        return _WEIGHTS[kind](path)
    _check_options(text, options, taken=("sr", "samples", "time_axis"))
    if "sr" not in options:
        raise ObjectiveError(
            f"The sample rate of {text} is unknown, as files do not store it: give it, for "
            "example sr: 16000."
        )
    return _ANY_MODEL[kind](path, **options)


def model_path(text: str) -> Path | None:
    """Return the file or folder of an embedding's model; None if it needs none.

    Args:
        text: Embedding, as for `load_embedding`.

    Examples:
        >>> model_path("mel_stats"), str(model_path("clap:models/clap-htsat-unfused"))
        (None, 'models/clap-htsat-unfused')
    """
    return _model(text)[1]


def _model(text: str) -> tuple[str, Path | None]:
    """Split an embedding's name into the kind of the model and its path."""
    kind, colon, place = text.partition(":")
    if not colon or kind not in (_WEIGHTS | _ANY_MODEL):
        suffix = Path(text).suffix
        if suffix not in _KIND_OF_SUFFIX:
            return kind, None
        kind, place = _KIND_OF_SUFFIX[suffix], text
    return kind, Path(place).expanduser()


def installed_networks() -> dict[str, str]:
    """Return the networks whose weights are in an installed package, with its version by name."""
    return {name: network.version for name, network in _PACKAGED.items() if network.installed()}


def _check_options(text: str, options: dict[str, int], *, taken: Iterable[str]) -> None:
    for name, value in options.items():
        if name not in taken:
            raise ObjectiveError(f"The embedding {text} has no option {name}: leave it out.")
        if not isinstance(value, int) or value < 1:
            raise ObjectiveError(f"{name} must be a positive integer, not {value!r}: correct it.")


def _did_you_mean(name: str, choices: list[str]) -> str:
    """Suggest the choice closest to a misspelt name, or all of them if none is close."""
    near = difflib.get_close_matches(name.casefold(), choices, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"the choices are {', '.join(choices)}."
