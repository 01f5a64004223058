"""States of plugins in REAPER's projects, templates and chains of effects.

Files that end in .rpp, .RTrackTemplate and .RfxChain: lines of text in blocks of `<KIND …` to `>`.
A plugin is a block `VST` with its name, file and id, `NUMBER<…>` for VST2 and `NUMBER{CLASS}` for
VST3, then base64, little-endian:

* the plugin's number; 0xFEED5EEE, or 0xFEED5EEF if it has parameters and no state of its own; the
  number of inputs, with 8 bytes for each; that of outputs, likewise; the length of the state, and
  8 more bytes;
* the state: the chunk of a VST2 program, or 0xDEADBEEF, 0xDEADF00D and a float32 for each
  parameter; for VST3 the length of the processor's state, 4 bytes and the state, and the same for
  the editor's;
* names of the program and the preset.

REAPER documents none of it; this is what `VstChunkHandler.java` of git-moss/ProjectConverter and
other readers of its files found.
"""

import re
import struct
from dataclasses import dataclass, field

from patchwright.synths.errors import SynthError
from patchwright.synths.presets.plugin_state import (
    PluginState,
    from_base64,
    from_vst2,
    from_vst3,
)

MAX_BYTES = 64 * 2**20  # of a file
MAX_DEPTH = 64  # of blocks
_OTHERS = {"AU": "Audio Unit", "CLAP": "CLAP", "DX": "DirectX", "LV2": "LV2"}
_WORD = re.compile(r'"[^"]*"|\'[^\']*\'|`[^`]*`|\S+')
_CLASS_ID = re.compile(r"[0-9]*\{([0-9A-Fa-f]{32})\}")
_MAGIC = (0xFEED5EEE, 0xFEED5EEF)
_PARAMETERS = struct.pack("<II", 0xDEADBEEF, 0xDEADF00D)


@dataclass
class _Block:
    """A block that is being read, with its own lines and, of a track, its name."""

    kind: str
    words: list[str]
    lines: list[str] = field(default_factory=list)
    track: str = ""


def decode(data: bytes) -> list[PluginState]:
    """Read the states of all plugins in a project.

    Args:
        data: Bytes of the file.

    Returns:
        The states, in the project's order.

    Raises:
        SynthError: If the file is damaged, too large or not of REAPER.
    """
    if len(data) > MAX_BYTES:
        raise SynthError(f"A project has {MAX_BYTES:,} bytes at most: save a chain of effects.")
    states: list[PluginState] = []
    open_blocks: list[_Block] = []
    blocks = 0
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("<"):
            kind, _, rest = text[1:].partition(" ")
            track = open_blocks[-1].track if open_blocks else ""
            open_blocks.append(
                _Block(kind, _words(rest) if kind in ("VST", *_OTHERS) else [], track=track)
            )
            blocks += 1
            if len(open_blocks) > MAX_DEPTH:
                raise SynthError(
                    f"The project has more than {MAX_DEPTH} blocks in one another: save it again."
                )
        elif text == ">":
            if not open_blocks:
                raise SynthError("The project ends a block that it did not begin: save it again.")
            block = open_blocks.pop()
            if block.kind == "VST":
                states.append(_vst(block))
            elif block.kind in _OTHERS:
                states.append(PluginState(name=_name(block), kind=_OTHERS[block.kind]))
        elif open_blocks:
            block = open_blocks[-1]
            if block.kind == "VST":
                block.lines.append(text)
            elif block.kind == "TRACK" and text.startswith("NAME "):
                block.track = "".join(_words(text[5:])[:1])
    if open_blocks:
        raise SynthError("The project is cut short: copy or save it again.")
    if not blocks:
        raise SynthError("This is no project of REAPER: choose a .rpp or .RfxChain file.")
    return states


def _vst(block: _Block) -> PluginState:
    name = _name(block)
    data = b"".join(map(from_base64, block.lines))
    class_id = next(filter(None, map(_CLASS_ID.fullmatch, block.words[1:])), None)
    is_vst3 = block.words[:1] != [] and block.words[0].startswith("VST3")
    kind = "VST3" if is_vst3 else "VST2"
    number, magic = struct.unpack_from("<II", data.ljust(8, b"\0"))
    if magic not in _MAGIC or (is_vst3 and class_id is None):
        return PluginState(name=name, kind=kind)
    state = _state(name, data)
    if is_vst3 and class_id is not None:
        component, controller = _sections(name, state)
        return from_vst3(name, class_id[1], component=component, controller=controller)
    if not state.startswith(_PARAMETERS):
        return from_vst2(name, number, chunk=state)
    count = len(state) // 4 - 2
    return from_vst2(name, number, parameters=struct.unpack_from(f"<{count}f", state, 8))


def _state(name: str, data: bytes) -> bytes:
    """Return the state behind the head of the plugin."""
    at = 8
    for _ in range(2):  # inputs, outputs
        at += 4 + 8 * _number(name, data, at)
    size = _number(name, data, at)
    return _part(name, data, at + 12, size)


def _sections(name: str, state: bytes) -> tuple[bytes, bytes | None]:
    """Return the states of a VST3 plugin's processor and editor; None if it has no second one."""
    size = _number(name, state, 0)
    component, at = _part(name, state, 8, size), 8 + size
    if at == len(state):
        return component, None
    return component, _part(name, state, at + 8, _number(name, state, at)) or None


def _number(name: str, data: bytes, at: int) -> int:
    return int.from_bytes(_part(name, data, at, 4), "little")


def _part(name: str, data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise SynthError(f"The state of {name} is cut short: copy or save the project again.")
    return data[at : at + size]


def _name(block: _Block) -> str:
    """Return the names of track and plugin; the plugin's is the one that the user gave it."""
    given = block.words[3] if block.kind == "VST" and len(block.words) > 3 else ""
    plugin = given or re.sub(r"^\w+: ", "", "".join(block.words[:1]))
    return f"{block.track}: {plugin}" if block.track else plugin


def _words(text: str) -> list[str]:
    return [
        word[1:-1] if len(word) > 1 and word[0] in "\"'`" and word[-1] == word[0] else word
        for word in _WORD.findall(text)
    ]
