"""Passwords in the addresses of databases, which are shown nowhere."""

import re

MASK = "***"
"""Text that stands for a password."""

_ADDRESS = re.compile(
    r"\s*((?:postgres|mysql|maria|mssql|oracle|sqlite)\w*(?:\+\w*)?:/{0,2}|(?:[^:]|:(?!//))*://)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"^([^:]*:).*@", re.DOTALL)
_EITHER = re.compile(r"^([^:]*:).*\?.*@.*", re.DOTALL)  # a password or a word that has an @
_NO_PORT = re.compile(r"^([^:/?\[]*:)(?!\d*(?:[/?]|$)).*", re.DOTALL)  # @ and host were forgotten
_OPEN = ("host", "port", "user", "dbname", "sslmode", "connect_timeout", "application_name")


def is_address(place: str) -> bool:
    """Return whether a text is meant as the address of a database, not as a file."""
    return _ADDRESS.match(place) is not None


def masked(place: object) -> str:
    """Return a file, or the address of a database without the passwords in it.

    It may be shown in messages about mistakes, so nothing needs to be right about the address. Of
    the words after ``?`` only those are shown that are known to be no secrets.

    Examples:
        >>> masked("postgres://me:secret@host/name?password=secret&port=1")
        'postgres://me:***@host/name?password=***&port=1'
        >>> masked("results.db")
        'results.db'
    """
    text = str(place)
    scheme = _ADDRESS.match(text)
    if scheme is None:
        return text
    rest = text[scheme.end() :]
    for pattern, shown in ((_EITHER, ""), (_PASSWORD, "@"), (_NO_PORT, "")):
        hidden, count = pattern.subn(rf"\g<1>{MASK}{shown}", rest)
        if count:
            break
    start, question, query = hidden.partition("?")
    words = [_word(word) for word in re.split("([&;])", query)] if question else []
    return text[: scheme.end()] + start + question + "".join(words)


def _word(word: str) -> str:
    """Return a word of the query without its value."""
    name, equals, value = word.partition("=")
    if not value or name in _OPEN:
        return word if equals or word in "&;" else MASK
    return f"{name}={MASK}"
