"""VST2 programs and banks: files that end in .fxp and .fxb.

The layout is that of Steinberg's `vstfxstore.h`, big-endian. Every file starts with `CcnK`, its
size (ignored here, because many hosts leave it at 0), and its kind:

* `FxCk`: program with one normalised float per parameter;
* `FPCh`: program with a chunk of bytes that only the plugin understands;
* `FxBk`: bank with a list of `FxCk` programs;
* `FBCh`: bank with one chunk for all programs, the kind that DawDreamer saves.
"""

import math
import struct
from dataclasses import dataclass, replace

from patchwright.synths.errors import SynthError

MAX_BYTES = 64 * 2**20  # of a file
MAX_PARAMETERS = 65_536  # of a program
_NAME = 28  # bytes of a program's name, the last one 0
_FORMATS = (1, 2)  # 2 adds the current program to banks, in bytes that 1 leaves unused
_HEAD = struct.Struct(">4s4x4sI4sII")  # CcnK, kind, format, plugin, its version, count
_FUTURE = 128  # unused bytes in the head of a bank


@dataclass(frozen=True, kw_only=True)
class Program:
    """One preset of a VST2 plugin, with either `parameters` or a `chunk`.

    Attributes:
        plugin_id: Id of the plugin, four characters, such as ``amsy``.
        version: Version of the plugin.
        name: Name to show; 27 characters of Latin-1 are kept.
        parameters: Normalised values in the plugin's order, finite, stored as float32.
        chunk: State as the plugin's own bytes.
        count: Number of parameters stated beside a chunk; hosts ignore it.
    """

    plugin_id: str
    version: int = 1
    name: str = ""
    parameters: tuple[float, ...] | None = None
    chunk: bytes | None = None
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Bank:
    """All presets of a VST2 plugin, as either `programs` or one `chunk`.

    Attributes:
        plugin_id: Id of the plugin, four characters.
        version: Version of the plugin.
        programs: Programs with `parameters`; empty if there is a chunk.
        chunk: State as the plugin's own bytes.
        count: Number of programs stated beside a chunk.
    """

    plugin_id: str
    version: int = 1
    programs: tuple[Program, ...] = ()
    chunk: bytes | None = None
    count: int = 1


def decode(data: bytes) -> Program | Bank:
    """Read a program or a bank.

    Args:
        data: Bytes of the file; those after the last program or chunk are ignored.

    Returns:
        The program or the bank.

    Raises:
        SynthError: If the file is of another kind, truncated or too large, or has a NaN or
            infinite value.
    """
    if len(data) > MAX_BYTES:
        raise SynthError(f"A VST2 preset has {MAX_BYTES:,} bytes at most: choose a preset file.")
    kind = _head(data, 0)[0]
    if kind in (b"FxCk", b"FPCh"):
        return _program(data, 0)[0]
    return _bank(data)


def encode(preset: Program | Bank) -> bytes:
    """Write a program or a bank, in version 1 of the format, which every host reads.

    Args:
        preset: Program or bank to write.

    Returns:
        Bytes of the file.

    Raises:
        SynthError: If the preset is inconsistent or does not fit the format.
    """
    if isinstance(preset, Program):
        return _encode_program(preset)
    if preset.chunk is None:
        if any(p.parameters is None for p in preset.programs):
            raise SynthError("A program of the bank has a chunk: write it as a .fxp file.")
        body = b"".join(_encode_program(program) for program in preset.programs)
        return _encode_head(b"FxBk", preset, len(preset.programs), bytes(_FUTURE) + body)
    if preset.programs:
        raise SynthError("The VST2 bank has both programs and a chunk: remove one of the two.")
    body = struct.pack(">I", len(preset.chunk)) + preset.chunk
    return _encode_head(b"FBCh", preset, preset.count, bytes(_FUTURE) + body)


def named(data: bytes, name: str) -> bytes:
    """Give a program a name, of which 27 characters of ASCII are kept; a bank has none.

    Args:
        data: Bytes of the file.
        name: Name to show; characters beyond ASCII become ?.

    Returns:
        Bytes of the file.

    Raises:
        SynthError: If the file is invalid; see `decode`.
    """
    preset = decode(data)
    if isinstance(preset, Bank):
        return data
    return encode(replace(preset, name=name.encode("ascii", "replace").decode()))


def _head(data: bytes, at: int) -> tuple[bytes, str, int, int]:
    """Return kind, plugin ID, plugin version, and number of parameters or programs."""
    _need(data, at, _HEAD.size)
    magic, kind, layout, plugin, version, count = _HEAD.unpack_from(data, at)
    if magic != b"CcnK" or kind not in (b"FxCk", b"FPCh", b"FxBk", b"FBCh"):
        raise SynthError("This is not a VST2 preset: choose a .fxp or .fxb file.")
    if layout not in _FORMATS:
        raise SynthError(f"The VST2 preset has the unknown format {layout}: export it again.")
    return kind, plugin.decode("latin-1"), version, count


def _program(data: bytes, at: int) -> tuple[Program, int]:
    """Return the program at offset `at`, and the offset of its end."""
    kind, plugin, version, count = _head(data, at)
    if kind not in (b"FxCk", b"FPCh"):
        raise SynthError("The VST2 bank has an entry that is not a program: export it again.")
    at += _HEAD.size
    _need(data, at, _NAME)
    name = data[at : at + _NAME].split(b"\0")[0].decode("latin-1")
    at += _NAME
    if kind == b"FPCh":
        chunk, end = _chunk(data, at)
        return Program(plugin_id=plugin, version=version, name=name, chunk=chunk, count=count), end
    if count > MAX_PARAMETERS:
        raise SynthError(f"The VST2 preset claims {count:,} parameters: export it again.")
    _need(data, at, 4 * count)
    values = struct.unpack_from(f">{count}f", data, at)
    if not all(map(math.isfinite, values)):
        raise SynthError("A value in the VST2 preset is not a finite number: export it again.")
    program = Program(plugin_id=plugin, version=version, name=name, parameters=values)
    return program, at + 4 * count


def _bank(data: bytes) -> Bank:
    kind, plugin, version, count = _head(data, 0)
    at = _HEAD.size + _FUTURE
    if kind == b"FBCh":
        chunk, _ = _chunk(data, at)
        return Bank(plugin_id=plugin, version=version, chunk=chunk, count=count)
    _need(data, at, count * (_HEAD.size + _NAME))
    programs = []
    for _ in range(count):
        program, at = _program(data, at)
        if program.parameters is None:
            raise SynthError("A program of the VST2 bank has a chunk: export them one by one.")
        programs.append(program)
    return Bank(plugin_id=plugin, version=version, programs=tuple(programs))


def _chunk(data: bytes, at: int) -> tuple[bytes, int]:
    _need(data, at, 4)
    size = int.from_bytes(data[at : at + 4], "big")
    _need(data, at + 4, size)
    return data[at + 4 : at + 4 + size], at + 4 + size


def _need(data: bytes, at: int, size: int) -> None:
    if at + size > len(data):
        raise SynthError("The VST2 preset is cut short: copy or export it again.")


def _encode_program(program: Program) -> bytes:
    name = program.name.split("\0")[0].encode("latin-1", "replace")[: _NAME - 1]
    body = name.ljust(_NAME, b"\0")
    if (program.parameters is None) == (program.chunk is None):
        raise SynthError("A VST2 program has either parameters or a chunk: give one of the two.")
    if program.chunk is not None:
        body += struct.pack(">I", len(program.chunk)) + program.chunk
        return _encode_head(b"FPCh", program, program.count, body)
    values = program.parameters or ()
    if len(values) > MAX_PARAMETERS:
        raise SynthError(
            f"A VST2 program has {MAX_PARAMETERS:,} parameters at most: leave some out."
        )
    try:
        body += struct.pack(f">{len(values)}f", *values)
    except OverflowError:
        values = (math.inf,)
    if not all(map(math.isfinite, values)):
        raise SynthError("A value of the VST2 program is not a finite float32: correct it.")
    return _encode_head(b"FxCk", program, len(values), body)


def _encode_head(kind: bytes, preset: Program | Bank, count: int, body: bytes) -> bytes:
    plugin = preset.plugin_id.encode("latin-1", "replace")
    if len(plugin) != 4:
        raise SynthError(f"The plugin's id {preset.plugin_id!r} is invalid: give four characters.")
    if not (0 <= preset.version < 2**32 and 0 <= count < 2**32):
        raise SynthError("The version or the count does not fit in 32 bits: correct it.")
    head = bytearray(_HEAD.pack(b"CcnK", kind, 1, plugin, preset.version, count))
    size = len(head) + len(body)
    if size > MAX_BYTES:
        raise SynthError(f"A VST2 preset has {MAX_BYTES:,} bytes at most: shorten the chunk.")
    head[4:8] = struct.pack(">I", size - 8)
    return bytes(head) + body
