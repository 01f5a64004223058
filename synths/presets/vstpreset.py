"""VST3 presets: files that end in .vstpreset.

The layout is that of Steinberg's `vstpresetfile.h`, little-endian: `VST3`, the version of the
format, the plugin's class id as 32 hexadecimal digits, and the offset of the list; then the chunks;
then `List`, the number of chunks, and the kind, offset and size of each. Kinds kept here are `Comp`
(state of the processor), `Cont` (state of the editor) and `Info` (XML); others, such as program
lists, are left out.
"""

import re
import struct
from dataclasses import dataclass

from patchwright.synths.errors import SynthError

MAX_BYTES = 64 * 2**20  # of a file
MAX_CHUNKS = 128  # as in Steinberg's reader
_HEAD = struct.Struct("<4sI32sq")
_ENTRY = struct.Struct("<4sqq")
_CLASS_ID = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, kw_only=True)
class VST3Preset:
    """The state of a VST3 plugin.

    Attributes:
        class_id: Class id of the plugin, 32 hexadecimal digits.
        component: State of the processor.
        controller: State of the editor; None if the file has none.
        info: XML about the preset; None if the file has none.
    """

    class_id: str
    component: bytes
    controller: bytes | None = None
    info: bytes | None = None


def decode(data: bytes) -> VST3Preset:
    """Read a VST3 preset.

    Args:
        data: Bytes of the file.

    Returns:
        The preset.

    Raises:
        SynthError: If the file is of another kind, truncated or too large, or lacks the state.
    """
    if len(data) > MAX_BYTES:
        raise SynthError(f"A VST3 preset has {MAX_BYTES:,} bytes at most: choose a preset file.")
    if not data.startswith(b"VST3"):
        raise SynthError("This is not a VST3 preset: choose a .vstpreset file.")
    _need(data, 0, _HEAD.size)
    _, version, class_id, at = _HEAD.unpack_from(data)
    if version != 1:
        raise SynthError(f"The VST3 preset has the unknown format {version}: export it again.")
    name = class_id.decode("latin-1")
    if not _CLASS_ID.fullmatch(name):
        raise SynthError("The VST3 preset has no valid class id: export it again.")
    chunks = _chunks(data, at)
    if b"Comp" not in chunks:
        raise SynthError("The VST3 preset lacks the plugin's state: export a preset, not a list.")
    return VST3Preset(
        class_id=name,
        component=chunks[b"Comp"],
        controller=chunks.get(b"Cont"),
        info=chunks.get(b"Info"),
    )


def encode(preset: VST3Preset) -> bytes:
    """Write a VST3 preset, with the chunks in the order component, controller, info.

    Args:
        preset: Preset to write.

    Returns:
        Bytes of the file.

    Raises:
        SynthError: If the class id is not 32 hexadecimal digits, or the file would be too large.
    """
    if not _CLASS_ID.fullmatch(preset.class_id):
        raise SynthError(f"The class id {preset.class_id!r} is not 32 hexadecimal digits.")
    body, entries, at = b"", b"", _HEAD.size
    chunks = ((b"Comp", preset.component), (b"Cont", preset.controller), (b"Info", preset.info))
    present = [(kind, chunk) for kind, chunk in chunks if chunk is not None]
    for kind, chunk in present:
        entries += _ENTRY.pack(kind, at, len(chunk))
        body += chunk
        at += len(chunk)
    if at > MAX_BYTES - 4096:
        raise SynthError(f"A VST3 preset has {MAX_BYTES:,} bytes at most: shorten its state.")
    head = _HEAD.pack(b"VST3", 1, preset.class_id.encode(), at)
    return head + body + b"List" + struct.pack("<I", len(present)) + entries


def _chunks(data: bytes, at: int) -> dict[bytes, bytes]:
    """Return the chunks by kind, from the list at offset `at`."""
    _need(data, at, 8)
    if data[at : at + 4] != b"List":
        raise SynthError("The VST3 preset has no list at its offset: copy or export it again.")
    count = int.from_bytes(data[at + 4 : at + 8], "little")
    if count > MAX_CHUNKS:
        raise SynthError(f"The VST3 preset claims {count:,} chunks: export it again.")
    _need(data, at + 8, count * _ENTRY.size)
    chunks: dict[bytes, bytes] = {}
    for number in range(count):
        kind, start, size = _ENTRY.unpack_from(data, at + 8 + number * _ENTRY.size)
        _need(data, start, size)
        if kind in chunks:
            raise SynthError("The VST3 preset has a chunk twice: export it again.")
        if kind in (b"Comp", b"Cont", b"Info"):
            chunks[kind] = data[start : start + size]
    return chunks


def _need(data: bytes, at: int, size: int) -> None:
    if at < 0 or size < 0 or at + size > len(data):
        raise SynthError("The VST3 preset is cut short: copy or export it again.")
