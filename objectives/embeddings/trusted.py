"""Models that are programs: only those that a person trusts are run."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from pathlib import Path

from patchwright.objectives.target import ObjectiveError

_LINE = re.compile(r"[0-9a-f]{64}")


def trusted_list() -> Path:
    """Return the path of the list of trusted models, in the user's folder of settings.

    A line has the SHA-256 of a model, two spaces, and the name that its file had.
    """
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings) / "patchwright" / "trusted-models"


def trust(path: str | Path) -> str:
    """Allow a model to be run from now on, in every process of this user.

    The content counts, not the name: a model that is changed must be trusted again.

    Args:
        path: File of the model.

    Returns:
        SHA-256 of the file.

    Raises:
        ObjectiveError: The file cannot be read, or the list of models cannot be written.
    """
    content = _content(Path(path).expanduser())
    digest = hashlib.sha256(content).hexdigest()
    if digest in _trusted():
        return digest
    place = trusted_list()
    name = ascii(Path(path).name)[1:-1]
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with place.open("a", encoding="utf-8") as file:
            file.write(f"{digest}  {name}\n")
    except OSError as error:
        raise ObjectiveError(
            f"{place} cannot be written ({error.strerror}): set XDG_CONFIG_HOME to a folder that "
            "can be."
        ) from error
    return digest


def trusted_content(path: Path) -> bytes:
    """Read a model that is trusted.

    Args:
        path: File of the model.

    Returns:
        Its content, which is what was trusted even if the file is changed meanwhile.

    Raises:
        ObjectiveError: The file cannot be read, or its content is not trusted.
    """
    content = _content(path)
    if hashlib.sha256(content).hexdigest() not in _trusted():
        raise ObjectiveError(
            f"{path} is a program, and not trusted: if you trust its author, repeat the command "
            f"with --trust {shlex.quote(str(path))}, or call trust({str(path)!r}) of "
            "patchwright.objectives.embeddings in Python, once on each machine."
        )
    return content


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ObjectiveError(
            f"There is no file {path}: give a TorchScript model that takes samples, as written by "
            "torch.jit.trace(model, samples).save(path)."
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ObjectiveError(
            f"{path} cannot be read ({error.strerror}): give a file that can be."
        ) from error


def _trusted() -> set[str]:
    """Return the SHA-256 of the trusted models."""
    try:
        lines = trusted_list().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {line[:64] for line in lines if _LINE.match(line)}
