"""States of plugins in the projects of other programs, as the plugins' own preset files."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from patchwright.synths.errors import SynthError
from patchwright.synths.presets import fxp, lv2, vstpreset

SUFFIXES = {"VST2": ".fxp", "VST3": ".vstpreset", "LV2": ".ttl"}
_HEX = re.compile(r"[0-9A-F]{32}")


@dataclass(frozen=True, kw_only=True)
class PluginState:
    """The state of one plugin in a project.

    Attributes:
        name: Name to show: the track's, if the project has tracks, and the plugin's.
        kind: Format of the plugin, such as ``VST2``; states of those in `SUFFIXES` can be read.
        plugin: Plugin as its preset files name it: four characters (VST2), 32 hexadecimal digits
            (VST3) or a URI (LV2); empty if it is not known.
        data: Content of a preset file of the plugin; empty if the state cannot be read.
        lost: What the project has of the plugin beyond `data`, as a sentence; empty if nothing.
    """

    name: str
    kind: str
    plugin: str = ""
    data: bytes = b""
    lost: str = ""


def from_vst2(
    name: str,
    number: int,
    *,
    chunk: bytes | None = None,
    parameters: tuple[float, ...] = (),
    bank: bool = False,
) -> PluginState:
    """Make the state of a VST2 plugin.

    Args:
        name: Name to show.
        number: The plugin's unique id, of 32 bits, with or without a sign.
        chunk: State as the plugin's own bytes; None if the project has parameters instead.
        parameters: Normalised values in the plugin's order.
        bank: Whether the program asked the plugin for the chunk of all its programs.

    Raises:
        SynthError: If the id or a value is out of range.
    """
    if not -(2**31) <= number < 2**32:
        raise SynthError(f"The plugin {name} has the id {number}, not one of VST2: save it again.")
    plugin = (number % 2**32).to_bytes(4, "big").decode("latin-1")
    preset: fxp.Program | fxp.Bank
    if chunk is None:
        preset = fxp.Program(plugin_id=plugin, name=name, parameters=parameters)
    elif bank:
        preset = fxp.Bank(plugin_id=plugin, chunk=chunk)
    else:
        preset = fxp.Program(plugin_id=plugin, name=name, chunk=chunk)
    return PluginState(name=name, kind="VST2", plugin=plugin, data=fxp.encode(preset))


def from_vst3(
    name: str, class_id: str, *, component: bytes, controller: bytes | None = None
) -> PluginState:
    """Make the state of a VST3 plugin.

    Args:
        name: Name to show.
        class_id: Class id, 32 hexadecimal digits in any notation.
        component: State of the processor.
        controller: State of the editor; None if the project has none.

    Raises:
        SynthError: If it is no class id.
    """
    digits = re.sub(r"0x|[^0-9A-Fa-fx]", "", class_id).upper()
    if not _HEX.fullmatch(digits):
        raise SynthError(f"The plugin {name} has no valid class id of VST3: save it again.")
    preset = vstpreset.VST3Preset(class_id=digits, component=component, controller=controller)
    return PluginState(name=name, kind="VST3", plugin=digits, data=vstpreset.encode(preset))


def from_lv2(name: str, uri: str, ports: Mapping[str, float], *, lost: str = "") -> PluginState:
    """Make the state of an LV2 plugin.

    Args:
        name: Name to show.
        uri: URI of the plugin.
        ports: Values by the symbols of ports, in their own units.
        lost: What the project has beyond the ports.

    Raises:
        SynthError: If the URI, a symbol or a value is none.
    """
    data = lv2.from_ports(uri, ports)
    return PluginState(name=name, kind="LV2", plugin=uri, data=data, lost=lost)


def from_base64(text: str) -> bytes:
    """Decode base64, in which spaces and line ends do not count.

    Raises:
        SynthError: If it is damaged.
    """
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SynthError("A plugin's state in the project is damaged: save it again.") from error


def to_number(text: str | None, what: str) -> float:
    """Read a number of a project; whether it is finite is checked where it is used.

    Raises:
        SynthError: If it is none.
    """
    try:
        return float(text or "")
    except ValueError:
        raise SynthError(f"{what} in the project is no number: save it again.") from None


def to_whole(text: str | None, what: str) -> int:
    """Read a whole number of a project.

    Raises:
        SynthError: If it is none.
    """
    if re.fullmatch(r"-?[0-9]{1,12}", found := (text or "").strip()):
        return int(found)
    raise SynthError(f"{what} in the project is no whole number: save it again.")
