"""Specs of hardware synths: YAML files that say what each parameter sends."""

import fnmatch
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.hardware.messages import Sends, Template
from patchwright.synths.outside_file import is_file
from patchwright.synths.parameters import Array, Parameter, ParameterSpace
from patchwright.synths.plugins.spec import ParameterEntry, Strict, first_fault, refined
from patchwright.synths.presets import dx7
from patchwright.synths.yaml_file import read_yaml

_SHIPPED = Path(__file__).parents[1] / "shipped" / "hardware"


def _template(text: object) -> object:
    return {"text": text} if isinstance(text, str) else text


class HardwareEntry(ParameterEntry):
    """What a spec says of one parameter: its description, and what it sends.

    Attributes:
        sends: What it sends; None for a parameter of a `voice`, which is sent as a whole. Without a
            kind, the parameter is continuous, and its values are the numbers that are sent.
    """

    sends: Sends | None = None


class HardwareFile(Strict):
    """Content of a spec file.

    Attributes:
        about: Name of the instrument.
        source: Document that the numbers are from.
        tried: Whether it was tried with the instrument itself.
        ports: Patterns of the names of MIDI ports that it is for.
        channel: MIDI channel, from 1.
        settle: Seconds between the last message of a preset and the note.
        gap: Seconds between two messages, for instruments that lose what comes too fast.
        before: Messages that are sent before every preset, as `Template`.
        voice: Format of a preset that is sent as one message, instead of parameters that send.
        parameters: Parameters, in the order in which they are sent.
    """

    about: str = ""
    source: str = ""
    tried: bool = False
    ports: tuple[str, ...] = ()
    channel: int = Field(default=1, ge=1, le=16)
    settle: float = Field(default=0.05, ge=0, le=10)
    gap: float = Field(default=0.001, ge=0, le=1)
    before: tuple[Annotated[Template, BeforeValidator(_template)], ...] = ()
    voice: Literal["dx7"] | None = None
    parameters: dict[str, HardwareEntry] = Field(default={})

    @model_validator(mode="after")
    def _all_are_sent(self) -> Self:
        if self.voice is None and not self.parameters:
            raise ValueError("there are no parameters: say what each of them sends")
        for name, entry in self.parameters.items():
            if (entry.sends is None) != (self.voice is not None):
                raise ValueError(
                    f"{name} is part of a {self.voice} voice, which is sent as a whole: leave "
                    "'sends' out"
                    if self.voice
                    else f"{name} sends nothing: give it 'sends', such as {{cc: 74}}"
                )
        return self


@dataclass(frozen=True)
class _Voice:
    """A format in which a whole preset is one message.

    Attributes:
        parameters: Returns its parameters.
        encode: Returns the message of readable values, for a channel from 1.
        suffix: Suffix of preset files in this format.
    """

    parameters: Callable[[], tuple[Parameter, ...]]
    encode: Callable[[Mapping[str, object], int], bytes]
    suffix: str


def _dx7_parameters() -> tuple[Parameter, ...]:
    from patchwright.synths.builtin import FM  # here, because it imports torch

    return FM.space.parameters


def _dx7_message(values: Mapping[str, object], channel: int) -> bytes:
    message = bytearray(dx7.encode([("PATCHWRGHT", values)]))  # type: ignore[list-item]
    message[2] = channel - 1
    return bytes(message)


_VOICES = {"dx7": _Voice(_dx7_parameters, _dx7_message, ".syx")}


@dataclass(frozen=True, eq=False)
class HardwareSpec:
    """A hardware synth: its parameters, and the messages that set them.

    Attributes:
        name: Name or path of the file.
        file: Content of the file.
        channel: MIDI channel, from 1.

    Raises:
        SynthError: If the file is inconsistent.
    """

    name: str
    file: HardwareFile
    channel: int

    def __post_init__(self) -> None:
        if not 1 <= self.channel <= 16:
            raise SynthError(f"There is no MIDI channel {self.channel}: give 1 to 16.")
        for parameter in self.space.parameters:  # also says what is wrong with the space
            sends = self._sends(parameter.name)
            if sends is None or (sends.values and parameter.levels == len(sends.values)):
                continue
            low, high = sends.ends
            if sends.values or (parameter.levels > abs(high - low) + 1):
                numbers = len(sends.values) or abs(high - low) + 1
                raise SynthError(
                    f"{self.name}: {parameter.name} has {parameter.levels} levels and {numbers} "
                    "numbers to send: give each its own."
                )

    @cached_property
    def space(self) -> ParameterSpace:
        """Parameters, in the order in which they are sent."""
        entries = self.file.parameters
        if self.file.voice is not None:
            known = ParameterSpace(_VOICES[self.file.voice].parameters())
            parameters = list(known.parameters)
            for name, entry in entries.items():
                place = known.index(name)
                parameters[place] = refined(parameters[place], entry, self.name)
            return ParameterSpace(tuple(parameters))
        return ParameterSpace(
            tuple(refined(_plain(name, entry), entry, self.name) for name, entry in entries.items())
        )

    @property
    def suffix(self) -> str | None:
        """Suffix of the instrument's own preset files; None if presets have only JSON."""
        return None if self.file.voice is None else _VOICES[self.file.voice].suffix

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the file and the channel; 16 hexadecimal digits."""
        text = f"{self.file.model_dump_json(exclude={'source', 'tried'})} {self.channel}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def messages(self, values: Array) -> list[bytes]:
        """Return the messages that set a preset.

        Args:
            values: Normalised values, `[P]`.
        """
        row = self.space.snap(np.asarray(values)[np.newaxis])[0]
        sent = [template.fill(0, channel=self.channel) for template in self.file.before]
        if self.file.voice is not None:
            readable = self.space.readable(row[np.newaxis])[0]
            return [*sent, _VOICES[self.file.voice].encode(readable, self.channel)]
        for parameter, value in zip(self.space.parameters, row, strict=True):
            sends = self._sends(parameter.name)
            assert sends is not None  # noqa: S101  # `HardwareFile` checks it
            number = sends.number(float(value), parameter.levels)
            sent += sends.messages(number, channel=self.channel)
        return sent

    def _sends(self, name: str) -> Sends | None:
        entry = self.file.parameters.get(name)
        return None if entry is None else entry.sends


def _plain(name: str, entry: HardwareEntry) -> Parameter:
    """Return the parameter that an entry refines: without a kind, the numbers that it sends."""
    if entry.kind is not None or entry.sends is None:
        return Parameter(name=name, kind="boolean", default=False)
    low, high = sorted(entry.sends.ends)
    return Parameter(name=name, kind="continuous", low=low, high=max(high, low + 1), default=low)


def shipped_specs() -> list[str]:
    """Return the names of the specs that come with this package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def find_spec(
    port: str, name: str | Path | None = None, *, channel: int | None = None
) -> HardwareSpec:
    """Read the spec of a hardware synth.

    Args:
        port: Name of its MIDI port.
        name: Path of a spec, or name of a shipped one; None for the shipped one for such ports.
        channel: MIDI channel from 1, instead of the spec's.

    Raises:
        SynthError: If there is no such spec, or it is wrong.

    Examples:
        >>> find_spec("minilogue SOUND").name
        'korg-minilogue'
    """
    shipped = shipped_specs()
    if name is None:
        name = next((each for each in shipped if _is_for(_read(each), port)), None)
        if name is None:
            raise SynthError(
                f"No shipped spec is for a port called {port!r}: name one with --spec "
                f"({', '.join(shipped)}), or a YAML file of your own; its form is in "
                "docs/hardware.md."
            )
    file = _read(name)
    return HardwareSpec(str(name), file, file.channel if channel is None else channel)


def _is_for(file: HardwareFile, port: str) -> bool:
    return any(fnmatch.fnmatch(port.casefold(), each.casefold()) for each in file.ports)


def _read(name: str | Path) -> HardwareFile:
    path = Path(name)
    if str(name) in shipped_specs():
        path = _SHIPPED / f"{name}.yaml"
    elif not is_file(path):
        raise SynthError(f"There is no spec {name}: {did_you_mean(str(name), shipped_specs())}")
    try:
        return HardwareFile.model_validate(read_yaml(path))
    except ValidationError as error:
        raise SynthError(f"{path}: {first_fault(error)}") from error
