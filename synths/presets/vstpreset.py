"""VST3 presets, the files that end in .vstpreset.

The layout is that of Steinberg's `vstpresetfile.h`, little-endian: `VST3`, the format's version,
the plugin's class id as 32 hexadecimal digits, where the list is; then the chunks; then `List`, how
many there are, and the kind, place and size of each. Kinds kept here are `Comp` (the sounding
part's state), `Cont` (the editor's) and `Info` (XML); others, such as program lists, are left out.
"""

import re
import struct
from dataclasses import dataclass

from patchwright.synths.errors import SynthError

LIMIT = 64 * 2**20  # bytes of a file
ENTRIES = 128  # of the list, as in Steinberg's reader
_HEAD = struct.Struct("<4sI32sq")
_ENTRY = struct.Struct("<4sqq")
_CLASS_ID = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, kw_only=True)
class VST3Preset:
    """The state of a VST3 plugin.

    Attributes:
        class_id: 32 hexadecimal digits that name the plugin.
        component: State of the part that makes the sound.
        controller: State of the editor; None where the file has none.
        info: XML about the preset; None where the file has none.
    """

    class_id: str
    component: bytes
    controller: bytes | None = None
    info: bytes | None = None


def decode(data: bytes) -> VST3Preset:
    """Read a VST3 preset.

    Raises:
        SynthError: If it is something else, cut short or too large, or has no component's state.
    """
    if len(data) > LIMIT:
        raise SynthError(f"A VST3 preset has {LIMIT:,} bytes at most: choose a preset file.")
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
    """Write a VST3 preset, the chunks in the order component, controller, info.

    Raises:
        SynthError: If the class id is not 32 hexadecimal digits or the whole is too large.
    """
    if not _CLASS_ID.fullmatch(preset.class_id):
        raise SynthError(f"The class id {preset.class_id!r} needs 32 hexadecimal digits.")
    body, entries, at = b"", b"", _HEAD.size
    chunks = ((b"Comp", preset.component), (b"Cont", preset.controller), (b"Info", preset.info))
    present = [(kind, chunk) for kind, chunk in chunks if chunk is not None]
    for kind, chunk in present:
        entries += _ENTRY.pack(kind, at, len(chunk))
        body += chunk
        at += len(chunk)
    if at > LIMIT - 4096:
        raise SynthError(f"A VST3 preset has {LIMIT:,} bytes at most: shorten its state.")
    head = _HEAD.pack(b"VST3", 1, preset.class_id.encode(), at)
    return head + body + b"List" + struct.pack("<I", len(present)) + entries


def _chunks(data: bytes, at: int) -> dict[bytes, bytes]:
    """The chunks of the list at a byte, by kind."""
    _need(data, at, 8)
    if data[at : at + 4] != b"List":
        raise SynthError("The VST3 preset has no list where it says: copy or export it again.")
    count = int.from_bytes(data[at + 4 : at + 8], "little")
    if count > ENTRIES:
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
