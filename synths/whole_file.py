"""Files that are written whole or not at all, folders of our own, and safe names for both."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patchwright.synths.errors import SynthError

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINKS
_FORBIDDEN = re.compile(r'[\\*?/:<>|"\x00-\x1f\x7f]')  # by Windows, and in folders of VST3 presets
# by Windows, whatever the suffix, and with spaces before it
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)", re.IGNORECASE
)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file so that no reader, and no crash, ever sees half of it.

    Links are replaced and never followed, whether they stand at `path` or at the file beside it
    that is written first.

    Args:
        path: File to write or replace.

    Yields:
        Path of an empty file to write to; it becomes `path` when the block ends, and is removed if
        it fails.

    Raises:
        SynthError: If `path` is a folder or a device.
        OSError: If the file cannot be written.
    """
    if path.exists() and not path.is_file():
        raise SynthError(f"{path} is a folder or a device: name a file to write.")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # of a process that was killed, or a link
    os.close(os.open(part, _NEW, 0o666))
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def own_folder(path: Path) -> Path:
    """Create a folder inside one that is written to, unless it exists.

    Returns:
        The path.

    Raises:
        SynthError: If it is a link, which may lead anywhere.
    """
    own_file(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def own_file(path: Path) -> Path:
    """Return the path of a file or folder that is written in place.

    Raises:
        SynthError: If it is a link, which may lead anywhere.
    """
    if path.is_symlink():
        raise SynthError(f"{path} is a link, and is not written through: remove it.")
    return path


def safe_name(text: str, *, length: int = 60, distinct: bool = False) -> str:
    """Turn any text into the name of one file or folder, on every file system.

    Args:
        text: Text, such as the name of a preset in a file from elsewhere.
        length: Maximum length of the name in bytes, at least 16.
        distinct: Whether texts that differ must have names that differ: a name that lost
            characters then ends in a hash of the text.

    Returns:
        Name of letters and digits of ASCII and ``._+=-``, without a leading dot or dash.

    Examples:
        >>> safe_name("trumpet_c4"), safe_name("Flöte"), safe_name("../../etc"), safe_name("")
        ('trumpet_c4', 'Flote', '_.._etc', '_')
        >>> safe_name("trumpet_c4", distinct=True), safe_name("Flöte", distinct=True)
        ('trumpet_c4', 'Flote-61110c1b')
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = re.sub(r"[^A-Za-z0-9._+=-]+", "_", plain).lstrip(".-")
    name = plain[:length].rstrip(".") or "_"
    name = f"_{name}"[:length] if _RESERVED.match(name) else name
    if distinct and name != text:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name[: length - 9]}-{digest}"
    return name


def legible_name(text: str) -> str:
    """Turn a text that people shall read into the name of one file or folder, on every system.

    What no system's names may hold becomes `_`; letters of all scripts and spaces stay.

    Returns:
        Name of 1 to 60 characters, without a leading dot, and without a trailing one or space.

    Examples:
        >>> legible_name("Warm Pad 2"), legible_name("Flöte: hell?"), legible_name("nul")
        ('Warm Pad 2', 'Flöte_ hell_', '_nul')
    """
    plain = unicodedata.normalize("NFC", text.encode(errors="replace").decode())
    name = _FORBIDDEN.sub("_", plain).lstrip(". ")[:60].rstrip(". ") or "_"
    return f"_{name}" if _RESERVED.match(name) else name
