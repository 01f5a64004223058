"""Voices of the Yamaha DX7 as system-exclusive files: single voices, or banks of 32.

A message is F0 43 0n, the format (00 one voice, 09 a bank), the length in two bytes of seven
bits, the data, a checksum, F7 (Yamaha, "DX7 MIDI Data Format", 1983). A single voice has 155
bytes, one per number and ten for the name; in a bank it has 128, with small numbers sharing bytes.
Names and choices are those of `patchwright.synths.builtin.FM`, repeated here because importing it
imports torch.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import ParameterSpace, Value
from patchwright.synths.presets.preset import Preset

MAX_BYTES = 2**20  # of a file: 255 banks
VOICES = 32
_MAX_DOUBTS = 3  # that are told
_NAME = 10
_HEAD, _TAIL = 6, 2  # bytes before and after the data
_START, _END = b"\xf0", b"\xf7"
_FORMATS = {0: (1, 155), 9: (VOICES, 128)}  # number of voices, bytes of each
_CURVES = ("-lin", "-exp", "+exp", "+lin")
_LFO = ("triangle", "saw down", "saw up", "square", "sine", "sample and hold")


@dataclass(frozen=True, kw_only=True)
class _Field:
    """One number of a voice.

    Attributes:
        name: Name of the parameter.
        most: Highest byte; the lowest is 0.
        initial: Byte in the DX7's initial voice.
        offset: Value of the parameter minus the byte.
        choices: Choices that the bytes 0, 1, ... stand for; empty if they are numbers.
        switch: Whether the bytes 0 and 1 stand for off and on.
    """

    name: str
    most: int = 99
    initial: int = 0
    offset: int = 0
    choices: tuple[str, ...] = ()
    switch: bool = False

    def value(self, byte: int) -> Value:
        """Return the value of a byte; one above the highest counts as the highest."""
        byte = min(byte, self.most)
        if self.choices:
            return self.choices[byte]
        return bool(byte) if self.switch else byte + self.offset

    def byte(self, value: Value) -> int:
        """Return the byte of a value; numbers are rounded.

        Raises:
            SynthError: If the DX7 has no such value.
        """
        if self.choices:
            if value not in self.choices or not isinstance(value, str):
                hint = did_you_mean(str(value), self.choices)
                raise SynthError(f"{self.name} has no choice {value!r}: {hint}")
            return self.choices.index(value)
        if self.switch:
            if not isinstance(value, bool):
                raise SynthError(f"{self.name} is on or off: write true or false, not {value!r}.")
            return int(value)
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise SynthError(f"{self.name} needs a number, not {value!r}.")
        byte = round(value) - self.offset
        if not 0 <= byte <= self.most:
            raise SynthError(
                f"{self.name} cannot be {value}: it ranges from {self.offset} to "
                f"{self.most + self.offset}."
            )
        return byte


def _operator(number: int) -> Iterator[_Field]:
    name = f"op{number}"
    for i in range(1, 5):
        yield _Field(name=f"{name}_eg_rate{i}", initial=99)
    for i in range(1, 5):
        yield _Field(name=f"{name}_eg_level{i}", initial=99 if i < 4 else 0)
    yield _Field(name=f"{name}_breakpoint", initial=39)
    yield _Field(name=f"{name}_left_depth")
    yield _Field(name=f"{name}_right_depth")
    yield _Field(name=f"{name}_left_curve", most=3, choices=_CURVES)
    yield _Field(name=f"{name}_right_curve", most=3, choices=_CURVES)
    yield _Field(name=f"{name}_rate_scaling", most=7)
    yield _Field(name=f"{name}_amp_sensitivity", most=3)
    yield _Field(name=f"{name}_velocity_sensitivity", most=7)
    yield _Field(name=f"{name}_output", initial=99 if number == 1 else 0)
    yield _Field(name=f"{name}_mode", most=1, choices=("ratio", "fixed"))
    yield _Field(name=f"{name}_coarse", most=31, initial=1)
    yield _Field(name=f"{name}_fine")
    yield _Field(name=f"{name}_detune", most=14, initial=7, offset=-7)


# in the order of the 155 bytes
_FIELDS = (
    *(each for number in range(6, 0, -1) for each in _operator(number)),
    *(_Field(name=f"pitch_eg_rate{i}", initial=99) for i in range(1, 5)),
    *(_Field(name=f"pitch_eg_level{i}", initial=50) for i in range(1, 5)),
    _Field(name="algorithm", most=31, choices=tuple(str(i) for i in range(1, 33))),
    _Field(name="feedback", most=7),
    _Field(name="osc_sync", most=1, initial=1, switch=True),
    _Field(name="lfo_speed", initial=35),
    _Field(name="lfo_delay"),
    _Field(name="lfo_pitch_depth"),
    _Field(name="lfo_amp_depth"),
    _Field(name="lfo_sync", most=1, initial=1, switch=True),
    _Field(name="lfo_waveform", most=5, choices=_LFO),
    _Field(name="lfo_pitch_sensitivity", most=7, initial=3),
    _Field(name="transpose", most=48, initial=24, offset=-24),
)
_POSITION = {each.name: position for position, each in enumerate(_FIELDS)}
NAMES = tuple(_POSITION)


def _packing() -> list[tuple[tuple[int, int, int], ...]]:
    """Return (position, first bit, bits) of the numbers in a packed voice's first 118 bytes."""
    packed: list[tuple[tuple[int, int, int], ...]] = []
    for at in range(0, 126, 21):
        packed += [((at + i, 0, 7),) for i in range(11)]
        packed += [
            ((at + 11, 0, 2), (at + 12, 2, 2)),
            ((at + 13, 0, 3), (at + 20, 3, 4)),
            ((at + 14, 0, 2), (at + 15, 2, 3)),
            ((at + 16, 0, 7),),
            ((at + 17, 0, 1), (at + 18, 1, 5)),
            ((at + 19, 0, 7),),
        ]
    packed += [((i, 0, 7),) for i in range(126, 134)]
    packed += [((134, 0, 5),), ((135, 0, 3), (136, 3, 1))]
    packed += [((i, 0, 7),) for i in range(137, 141)]
    return [*packed, ((141, 0, 1), (142, 1, 3), (143, 4, 3)), ((144, 0, 7),)]


_PACKING = _packing()


def decode(data: bytes) -> list[tuple[str, dict[str, Value]]]:
    """Read the voices of a system-exclusive file.

    Numbers too high for their parameter become the highest, because banks from old editors have
    them and the instrument plays them; unused bits are ignored.

    Args:
        data: Bytes of the file: one or more messages, or the 4,096 bytes of a bank alone.

    Returns:
        Names, without trailing spaces, and readable values by parameter name of
        `patchwright.synths.builtin.FM`, of all voices in the file's order.

    Raises:
        SynthError: If the file has no voices of a DX7, or is damaged; the message names the byte,
            counted from 0.
    """
    return [voice for body in _split(data).bodies for voice in _voices(body)]


def doubts(data: bytes) -> list[str]:
    """Return sentences about what `decode` leaves out or takes on trust."""
    return _split(data).doubts


def _voices(body: bytes) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield names and values of the voices in the data of a message."""
    count, size = (1, 155) if len(body) == 155 else (VOICES, 128)
    for start in range(0, count * size, size):
        voice = body[start : start + size]
        numbers = list(voice[: len(_FIELDS)]) if count == 1 else _unpack(voice)
        name = "".join(chr(c) if 32 <= c < 127 else " " for c in voice[-_NAME:])
        values = {f.name: f.value(byte) for f, byte in zip(_FIELDS, numbers, strict=True)}
        yield name.rstrip(), values


def encode(voices: Sequence[tuple[str, Mapping[str, Value]]]) -> bytes:
    """Write voices as a system-exclusive file.

    Args:
        voices: Names of up to ten characters, and values by parameter name; one voice, or up to 32
            for a bank, which is filled up with the DX7's initial voice. Parameters left out have
            their initial values; numbers are rounded to whole ones.

    Returns:
        Bytes of the file, one message.

    Raises:
        SynthError: If there are no voices or more than 32, or a name or value does not exist on the
            DX7.
    """
    if not 1 <= len(voices) <= VOICES:
        raise SynthError(f"A file holds 1 to {VOICES} voices, not {len(voices)}: split them.")
    numbers = [_numbers(values) for _, values in voices]
    names = [_name(name) for name, _ in voices]
    if len(voices) == 1:
        return _frame(0, bytes(numbers[0]) + names[0])
    empty = VOICES - len(voices)
    numbers += [_numbers({})] * empty
    names += [_name("INIT VOICE")] * empty
    return _frame(9, b"".join(map(_pack, numbers, names)))


def encode_preset(preset: Preset, space: ParameterSpace) -> bytes:
    """Write a preset of the FM synth, or one that knows its names, as one voice; see `encode`."""
    return encode([_voice(preset, space)])


def encode_cartridge(preset: Preset, space: ParameterSpace) -> bytes:
    """Write such a preset as a bank of 32, the others the initial voice, which Dexed lists."""
    return encode([_voice(preset, space), ("INIT VOICE", {})])


def shown(name: str) -> str:
    """Return a name as the DX7 shows it: ten characters, with ? for those that it lacks."""
    return "".join(c if 32 <= ord(c) < 127 else "?" for c in name[:_NAME])


def _voice(preset: Preset, space: ParameterSpace) -> tuple[str, dict[str, Value]]:
    """Return the name of a preset as the DX7 shows it, and its values by parameter name."""
    places = {name: space.index(name) for name in NAMES}
    settings = {
        name: space.parameters[place].readable(preset.values[place])
        for name, place in places.items()
    }
    return shown(preset.name), settings


@dataclass(frozen=True)
class _Split:
    """The messages with voices in a file.

    Attributes:
        bodies: Data of each.
        doubts: Sentences about the rest of the file.
    """

    bodies: list[bytes] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def doubt(self, sentence: str) -> None:
        """Note what is left out or taken on trust, unless much was before."""
        if len(self.doubts) < _MAX_DOUBTS:
            self.doubts.append(sentence)


def _split(data: bytes) -> _Split:
    """Find the messages with voices."""
    if len(data) > MAX_BYTES:
        raise SynthError(f"A .syx file has {MAX_BYTES:,} bytes at most: split it.")
    found = _Split()
    if len(data) == VOICES * 128 and data[:1] != _START:
        _check_data(data, 0, len(data))
        found.bodies.append(data)
        found.doubt("it is a bank without a head or a checksum, and is read as it is")
        return found
    at = data.find(_START)
    if at < 0:
        raise SynthError("This is not a system-exclusive file: choose one that begins with F0.")
    _note_rest(found, data, 0, at)
    while at < len(data):
        after = _message(found, data, at)
        at = data.find(_START, after)
        at = len(data) if at < 0 else at
        _note_rest(found, data, after, at)
    if not found.bodies:
        raise SynthError(
            "This is not a voice file of a DX7: choose a single voice (163 bytes) or a bank of 32 "
            "(4104 bytes)."
        )
    return found


def _message(found: _Split, data: bytes, at: int) -> int:
    """Read the message at offset `at`; return the offset of its end."""
    head = data[at : at + _HEAD]
    is_voice = len(head) == _HEAD and head[1] == 0x43 and head[2] <= 0x0F and head[3] in _FORMATS
    if not is_voice:
        end = next((i for i in range(at + 1, len(data)) if data[i] > 127), len(data))
        after = end + (data[end : end + 1] == _END)
        found.doubt(f"the message at byte {at} holds no voices of a DX7, and is left out")
        return after
    count, size = _FORMATS[head[3]]
    start, end = at + _HEAD, at + _HEAD + count * size
    if end + 1 > len(data):
        raise SynthError(
            f"The message at byte {at} is cut short: it has {len(data) - at} bytes instead of "
            f"{_HEAD + count * size + _TAIL}; copy it again."
        )
    _check_data(data, start, end)
    _check_frame(found, data, at, end)
    found.bodies.append(data[start:end])
    return end + 1 + (data[end + 1 : end + 2] == _END)


def _check_frame(found: _Split, data: bytes, at: int, end: int) -> None:
    """Check what stands around the data of a message; one fault is forgiven."""
    body = data[at + _HEAD : end]
    faults = {
        f"length ({data[at + 4]:02X} {data[at + 5]:02X})": data[at + 4] * 128 + data[at + 5]
        != len(body),
        "checksum": _checksum(body) != data[end],
        "end (no F7)": data[end + 1 : end + 2] != _END,
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if len(wrong) > 1:
        raise SynthError(
            f"The message at byte {at} is damaged (wrong: {', '.join(wrong)}): copy it again."
        )
    if wrong:
        found.doubt(f"the message at byte {at} has a wrong {wrong[0]}, and is read")


def _check_data(data: bytes, start: int, end: int) -> None:
    wrong = next((at for at in range(start, end) if data[at] > 127), None)
    if wrong is not None:
        raise SynthError(
            f"The file is damaged at byte {wrong} ({data[wrong]:02X} is above 7F): copy it again."
        )


def _note_rest(found: _Split, data: bytes, start: int, end: int) -> None:
    """Note what lies between messages, unless it is padding."""
    if data[start:end].strip(b"\0"):
        found.doubt(f"{end - start} bytes at byte {start} are no message, and are left out")


def _frame(kind: int, body: bytes) -> bytes:
    head = bytes([0xF0, 0x43, 0, kind, len(body) // 128, len(body) % 128])
    return head + body + bytes([_checksum(body), 0xF7])


def _checksum(body: bytes) -> int:
    """Return the byte that makes the sum of all bytes a multiple of 128."""
    return -sum(body) % 128


def _numbers(values: Mapping[str, Value]) -> list[int]:
    """Return the 145 numbers of a voice."""
    numbers = [each.initial for each in _FIELDS]
    for name, value in values.items():
        position = _POSITION.get(name)
        if position is None:
            hint = did_you_mean(name, _POSITION)
            raise SynthError(f"A DX7 voice has no parameter {name!r}: {hint}")
        numbers[position] = _FIELDS[position].byte(value)
    return numbers


def _name(name: str) -> bytes:
    if len(name) > _NAME or not all(32 <= ord(character) < 127 for character in name):
        raise SynthError(
            f"The DX7 cannot show the name {name!r}: write up to {_NAME} plain characters."
        )
    return name.ljust(_NAME).encode("ascii")


def _pack(numbers: Sequence[int], name: bytes) -> bytes:
    return bytes(sum(numbers[at] << bit for at, bit, _ in byte) for byte in _PACKING) + name


def _unpack(voice: bytes) -> list[int]:
    numbers = [0] * len(_FIELDS)
    for packed, byte in zip(_PACKING, voice, strict=False):
        for at, bit, width in packed:
            numbers[at] = byte >> bit & (1 << width) - 1
    return numbers
