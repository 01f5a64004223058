"""What a parameter sends: the bytes of MIDI messages, as a spec file describes them.

Controllers and numbered parameters are those of the MIDI 1.0 specification: a 14-bit controller n
is n with the upper seven bits, then n + 32 with the lower ones; an NRPN is its number by the
controllers 99 and 98, then its value by 6 and, if it has 14 bits, 38.
"""

import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins.spec import Strict

_CONTROL, _PROGRAM = 0xB0, 0xC0
_NRPN_MSB, _NRPN_LSB, _DATA_MSB, _DATA_LSB = 99, 98, 6, 38
_WORD = re.compile(
    r"(?P<byte>[0-9A-Fa-f]{2})|\{(?P<name>value|nibbles|channel|sum)(:(?P<size>[1-4]))?\}"
    r"(?P<plus>\+[0-9A-Fa-f]{2})?|(?P<bracket>[\[\]])|\s+"
)


def checksum(body: Sequence[int]) -> int:
    """Return the byte that makes a sum of seven-bit bytes a multiple of 128.

    Roland and Yamaha describe it in other words; it is the same byte.

    Examples:
        >>> f"{checksum(bytes.fromhex('40 00 7F 00')):02X}"  # Roland's GS reset
        '41'
    """
    return -sum(body) % 128


def controller(number: int, value: int, channel: int) -> bytes:
    """Return a control change; the channel counts from 1."""
    return bytes([_CONTROL + channel - 1, number, value])


class Template(Strict):
    """A message in hexadecimal bytes, with places in braces for what changes.

    Attributes:
        text: Bytes such as ``F0 41``, and these words: ``{value}`` for the value in seven bits, or
            ``{value:2}`` in two bytes of seven, the upper first; ``{nibbles:2}`` in two of four
            bits; ``{channel}`` for the channel from 0, and ``{channel}+10`` with 16 added; ``[``
            and ``]`` around what a checksum covers; ``{sum}`` for it.

    Examples:
        >>> set_by = Template(text="F0 41 {channel} 42 12 [40 00 04 {value}] {sum} F7")
        >>> set_by.fill(100, channel=1).hex(" ").upper()
        'F0 41 00 42 12 40 00 04 64 58 F7'
    """

    text: str = Field(max_length=2_000)

    @field_validator("text")
    @classmethod
    def _message(cls, text: str) -> str:
        _check_words(text)
        data = _fill(text, 0, 1)
        whole = data[:1] == b"\xf0" and data[-1:] == b"\xf7"
        if data[:1] == b"\xf0" and not whole:
            raise ValueError("a system-exclusive message ends with F7: add it")
        if (
            not data
            or data[0] < 0x80
            or any(byte > 0x7F for byte in data[1 : -1 if whole else None])
        ):
            raise ValueError("a message is one byte from 80 on, then bytes up to 7F: correct it")
        return text

    @property
    def bits(self) -> int:
        """Bits of the value; 0 if the message has none."""
        found = [(m["name"], int(m["size"] or 1)) for m in _WORD.finditer(self.text)]
        widths = {"value": 7, "nibbles": 4}
        return max((widths[name] * size for name, size in found if name in widths), default=0)

    def fill(self, value: int, *, channel: int) -> bytes:
        """Return the message with a value and a channel, which counts from 1."""
        return _fill(self.text, value, channel)


def _check_words(text: str) -> None:
    """Refuse a template with what is no word of it.

    Raises:
        ValueError: With the first wrong part.
    """
    at, depth, covered = 0, 0, False
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise ValueError(
                f"{text[at : at + 12]!r} is neither a byte such as F0 nor {{value}}, "
                "{nibbles:2}, {channel}, {sum}, [ or ]"
            )
        depth += {"[": 1, "]": -1}.get(found["bracket"], 0)
        covered |= found["bracket"] == "]"
        if depth not in (0, 1):
            raise ValueError("the brackets [ and ] around what is summed do not match")
        if found["name"] == "sum" and (depth or not covered):
            raise ValueError("{sum} stands behind the brackets [ and ] around what it covers")
        at = found.end()
    if depth:
        raise ValueError("the brackets [ and ] around what is summed do not match")


def _fill(text: str, value: int, channel: int) -> bytes:
    data: list[int] = []
    start, total = 0, 0
    for word in _WORD.finditer(text):
        size = int(word["size"] or 1)
        plus = int(word["plus"] or "0", 16)
        if word["byte"]:
            data.append(int(word["byte"], 16))
        elif word["bracket"] == "[":
            start = len(data)
        elif word["bracket"] == "]":
            total = checksum(data[start:])
        elif word["name"] == "channel":
            data.append(channel - 1 + plus)
        elif word["name"] == "sum":
            data.append(total)
        elif word["name"] is not None:
            bits = 7 if word["name"] == "value" else 4
            data += [
                (value >> bits * place & (1 << bits) - 1) + plus for place in reversed(range(size))
            ]
    return bytes(data)


class Sends(Strict):
    """What a parameter sends: one of `cc`, `cc14`, `nrpn`, `program` and `sysex`.

    Attributes:
        cc: Number of a controller with seven bits.
        cc14: Number of a controller with 14 bits, 0 to 31; or two numbers, of the upper and the
            lower seven bits.
        nrpn: Number of a non-registered parameter.
        program: Whether it is a program change.
        sysex: Message, as in `Template`.
        bits: Bits of an NRPN's value: 14, or 7 for the upper byte alone.
        range: Lowest and highest number that is sent; all that the bits allow if None. The first
            may be the higher one.
        values: Number that each choice or level sends; evenly spread over the range if empty.

    Examples:
        >>> Sends(cc=74).messages(100, channel=1)[0].hex(" ")
        'b0 4a 64'
        >>> [message.hex(" ") for message in Sends(nrpn=300).messages(1000, channel=2)]
        ['b1 63 02', 'b1 62 2c', 'b1 06 07', 'b1 26 68']
    """

    cc: int | None = Field(default=None, ge=0, le=119)
    cc14: int | tuple[int, int] | None = None
    nrpn: int | None = Field(default=None, ge=0, lt=2**14)
    program: Literal[True] | None = None
    sysex: str | None = None
    bits: Literal[7, 14] = 14
    range: tuple[int, int] | None = None
    values: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = {name: getattr(self, name) for name in ("cc", "cc14", "nrpn", "program", "sysex")}
        if sum(way is not None for way in ways.values()) != 1:
            raise ValueError(f"give one of {', '.join(ways)}")
        if self.sysex is not None and not Template(text=self.sysex).bits:
            raise ValueError("the sysex has no {value}: put it where the number stands")
        pair = self._pair
        if pair is not None and not (min(pair) >= 0 and max(pair) <= 119 and pair[0] != pair[1]):
            raise ValueError("cc14 is 0 to 31, or two different controllers from 0 to 119")
        sent = [*(self.range or ()), *self.values]
        if any(not 0 <= number <= self.most for number in sent):
            raise ValueError(f"numbers that are sent range from 0 to {self.most}")
        return self

    @property
    def _pair(self) -> tuple[int, int] | None:
        if isinstance(self.cc14, int):
            return (self.cc14, self.cc14 + 32 if self.cc14 < 32 else -1)
        return self.cc14

    @property
    def most(self) -> int:
        """Highest number that the message can hold."""
        if self.sysex is not None:
            return int(2 ** Template(text=self.sysex).bits - 1)
        if self.cc14 is not None or (self.nrpn is not None and self.bits == 14):
            return 2**14 - 1
        return 127

    @property
    def ends(self) -> tuple[int, int]:
        """Numbers that the lowest and the highest value send."""
        return self.range or (0, self.most)

    def number(self, normalised: float, levels: int) -> int:
        """Return the number that a normalised value sends.

        Args:
            normalised: Value in [0, 1].
            levels: Levels of the parameter; 0 if it is continuous.

        Examples:
            >>> Sends(cc=1).number(0.5, 0), Sends(cc=1, values=(0, 42, 127)).number(0.5, 3)
            (64, 42)
        """
        if self.values:
            return self.values[round(normalised * (levels - 1))]
        low, high = self.ends
        return round(low + normalised * (high - low))

    def messages(self, number: int, *, channel: int) -> list[bytes]:
        """Return the messages that send a number.

        Args:
            number: Number, up to `most`.
            channel: MIDI channel, from 1.

        Raises:
            SynthError: If the number is out of range.
        """
        if not 0 <= number <= self.most:
            raise SynthError(f"{number} cannot be sent: it ranges from 0 to {self.most}.")
        high, low = number >> 7, number & 127
        if self.cc is not None:
            return [controller(self.cc, number, channel)]
        if (pair := self._pair) is not None:
            return [controller(pair[0], high, channel), controller(pair[1], low, channel)]
        if self.nrpn is not None:
            sent = [(_NRPN_MSB, self.nrpn >> 7), (_NRPN_LSB, self.nrpn & 127)]
            whole = self.bits == 14
            sent += [(_DATA_MSB, high), (_DATA_LSB, low)] if whole else [(_DATA_MSB, number)]
            return [controller(*each, channel) for each in sent]
        if self.sysex is not None:
            return [Template(text=self.sysex).fill(number, channel=channel)]
        return [bytes([_PROGRAM + channel - 1, number])]
