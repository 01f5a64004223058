"""Commands that are printed to be typed again."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from patchwright.experiments.terminal.masking import MASK, masked
from patchwright.experiments.terminal.plain_text import shown

_PLACES = ("results", "study")
Option = str | Path | int | bool | None | Sequence[str]


def command_line(*words: str | Path, **options: Option) -> str:
    """Return a command for a shell, with passwords masked.

    Args:
        words: Words after `patchwright`.
        **options: Values of options by name, with underscores for hyphens: None and False leave
            out the option, True is a flag, and a list repeats its option.

    Examples:
        >>> command_line("run", Path("my run.yaml"), resume=True, set=["seed=1"], workers=None)
        "patchwright run 'my run.yaml' --resume --set seed=1"
        >>> command_line("run", Path("a.yaml"), results="postgresql://me:secret@host/runs")
        "patchwright run a.yaml --results 'postgresql://me:***@host/runs'"
    """
    line = ["patchwright", *map(_argument, words)]
    for key, value in options.items():
        name = key.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            line.append(f"--{name}")
            continue
        values = [value] if isinstance(value, str | Path | int) else value
        for each in values:
            line += [f"--{name}", masked(each) if name in _PLACES else str(each)]
    return " ".join(map(_quoted, line))


def hint(command: str) -> str:
    """Return, in parentheses, what to do before a command can be typed again, if anything."""
    return f" (with the password in place of {MASK})" if MASK in command else ""


def _argument(word: str | Path) -> str:
    """Return a word that is not taken for an option."""
    return f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)


def _quoted(word: str) -> str:
    """Quote a word for a shell, with escapes for what a terminal cannot show."""
    if shown(word) == word:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    signs = [sign if shown(sign) == sign else _bytes(sign) for sign in escaped]
    return f"$'{''.join(signs)}'"


def _bytes(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(sign))
