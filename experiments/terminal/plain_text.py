"""Text from outside, made safe to show on a terminal, in a page and in a spreadsheet."""

import re
import unicodedata
from collections.abc import Sequence

_KEPT = "\n\t\u200c\u200d"  # line breaks, tabs, and joiners, which are parts of words and pictures
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, half a surrogate, line separators
_HALF = re.compile("[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown(text: str) -> str:
    r"""Return text that any terminal can show, whatever is in it.

    Bytes of a file name that are not UTF-8, control characters, and characters that turn the
    direction of text are written as escapes.

    Examples:
        >>> shown("caf\udce9.wav"), shown("\x1b[31mred"), shown("Flöte [1]")
        ('caf\\xe9.wav', '\\x1b[31mred', 'Flöte [1]')
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def encodable(text: str) -> str:
    r"""Return text that can be written in UTF-8: without halves of surrogates.

    Examples:
        >>> encodable("caf\udce9.wav\n")
        'caf\\xe9.wav\n'
    """
    return _HALF.sub(lambda half: _escaped(half[0]), text)


def spreadsheet_cell(text: str) -> str:
    """Return the text of a cell in a CSV file so that no spreadsheet takes it for a formula.

    Examples:
        >>> spreadsheet_cell("=HYPERLINK(A1)"), spreadsheet_cell("trumpet")
        ("'=HYPERLINK(A1)", 'trumpet')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells, the first of which is the header, as a table in Markdown.

    Examples:
        >>> print(markdown_table([["distance", "share"], ["mss", "0.94"]]))
        | distance | share |
        | --- | --- |
        | mss | 0.94 |
    """
    header, *others = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(sign: str) -> str:
    if sign in _KEPT or unicodedata.category(sign) not in _HIDDEN:
        return sign
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
