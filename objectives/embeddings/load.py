"""An embedding by what a person writes: its name, or where its model lies."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path

from patchwright.objectives.embeddings.clap import CLAP
from patchwright.objectives.embeddings.efficientat import EfficientAT
from patchwright.objectives.embeddings.embedding import Embedding
from patchwright.objectives.embeddings.onnx import onnx_model
from patchwright.objectives.embeddings.openl3 import OpenL3
from patchwright.objectives.embeddings.passt import PaSST
from patchwright.objectives.embeddings.registry import EMBEDDINGS
from patchwright.objectives.embeddings.torchscript import torchscript_model
from patchwright.objectives.target import ObjectiveError

_WEIGHTS: dict[str, Callable[[Path], Embedding]] = {
    "clap": CLAP,
    "efficientat": EfficientAT,
    "openl3": OpenL3,
    "passt": PaSST,
}
"""Models whose rate, length and axes are known: from where they lie to the embedding."""

_ANY_MODEL: dict[str, Callable[..., Embedding]] = {"onnx": onnx_model, "torch": torchscript_model}
"""Formats that may hold any model; `sr`, `samples` and `time_axis` are their options."""

_KIND_OF_SUFFIX = {".onnx": "onnx", ".pt": "torch", ".ts": "torch"}


def load_embedding(text: str, **options: int) -> Embedding:
    """Make an embedding.

    Args:
        text: A name of `EMBEDDINGS`; or a kind of model and where it lies, such as
            `clap:FOLDER`; or the path of a model whose suffix tells its kind (`.onnx`; `.pt` or
            `.ts` for TorchScript).
        **options: For `onnx` and `torch`: `sr`, the sample rate in Hz that the model wants, always
            needed; `samples` and `time_axis`, where they cannot be found by trying. Others take
            none.

    Returns:
        The embedding.

    Raises:
        ObjectiveError: The name is unknown, the model is not there or cannot be read, an option
            is missing or not taken, or a library is not installed.
    """
    if text in EMBEDDINGS:
        _check_options(text, options, taken=())
        return EMBEDDINGS[text]()
    suffix = Path(text).suffix
    if suffix == ".pt2":
        raise ObjectiveError(
            f"{text} is not read, as torch.export.load can run code that a file brings: export "
            "the model by torch.onnx.export or torch.jit.save instead."
        )
    kind, colon, place = text.partition(":")
    if not colon or kind not in (_WEIGHTS | _ANY_MODEL):
        if suffix not in _KIND_OF_SUFFIX:
            choices = [*EMBEDDINGS, *(f"{kind}:PATH" for kind in _WEIGHTS | _ANY_MODEL)]
            raise ObjectiveError(f"There is no embedding {text!r}: {_did_you_mean(kind, choices)}")
        kind, place = _KIND_OF_SUFFIX[suffix], text
    path = Path(place).expanduser()
    if kind in _WEIGHTS:
        _check_options(text, options, taken=())
        return _WEIGHTS[kind](path)
    _check_options(text, options, taken=("sr", "samples", "time_axis"))
    if "sr" not in options:
        raise ObjectiveError(
            f"A file does not tell the sample rate that its model wants: say it for {text}, for "
            "example sr: 16000."
        )
    return _ANY_MODEL[kind](path, **options)


def _check_options(text: str, options: dict[str, int], *, taken: Iterable[str]) -> None:
    for name, value in options.items():
        if name not in taken:
            raise ObjectiveError(f"The embedding {text} takes no {name}: leave it out.")
        if not isinstance(value, int) or value < 1:
            raise ObjectiveError(f"{name} must be a whole number from 1, not {value!r}: mend it.")


def _did_you_mean(name: str, choices: list[str]) -> str:
    """Name the choice nearest to a misspelt one, or all of them where none is near."""
    near = difflib.get_close_matches(name.casefold(), choices, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"the choices are {', '.join(choices)}."
