"""Strict JSON for preset files: bounded in size and depth, and unambiguous."""

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from patchwright.synths.errors import SynthError

MAX_VALUES = 500_000  # a document of more would need gigabytes
MAX_DEPTH = 64  # of nested objects and lists
_MAX_DIGITS = 18  # of a whole number: more would not fit 64 bits
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(data: bytes, *, max_bytes: int) -> Any:
    """Parse a JSON document in UTF-8.

    Args:
        data: Bytes of the file; a byte order mark is skipped.
        max_bytes: Maximum size of such a file.

    Returns:
        Dicts, lists, strings, finite numbers, booleans and None.

    Raises:
        SynthError: If the document is too large or has too many values, is not JSON, is nested
            deeper than `MAX_DEPTH`, or has NaN, an infinite or oversized number, a repeated name in
            an object, or a lone surrogate.
    """
    if len(data) > max_bytes:
        raise SynthError(
            f"The file has {len(data):,} bytes, and presets of its kind have {max_bytes:,} at "
            "most: choose a preset file."
        )
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise SynthError(
            f"The file has more than {MAX_VALUES:,} values, and is no preset: choose a preset file."
        )
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_without_duplicates,
        )
    except SynthError:
        raise
    except RecursionError:
        raise SynthError(_TOO_DEEP) from None
    except ValueError as error:
        raise SynthError("The file is not JSON, or is damaged: export the preset again.") from error
    _check_depth(document)
    if _SURROGATE.search(text):
        _check_characters(document)
    return document


_TOO_DEEP = f"The JSON is nested deeper than {MAX_DEPTH} levels: choose a preset file."


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise SynthError(_TOO_DEEP)


def _check_characters(document: Any) -> None:
    """Refuse lone surrogates, which cannot be printed or written."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise SynthError(
            r"A text in the JSON has half of a character, such as \ud800: remove it."
        ) from None


def _refuse_constant(text: str) -> NoReturn:
    raise SynthError(f"The JSON has the number {text}: write a finite one.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise SynthError(f"The JSON has the number {text[:20]}, which is too large: correct it.")
    return number


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        raise SynthError(
            f"The JSON has the whole number {text[:20]}... of more than {_MAX_DIGITS} digits: "
            "correct it."
        )
    return int(text)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise SynthError(f"The JSON has {twice[:80]!r} twice in one object: remove one of them.")
    return mapping
