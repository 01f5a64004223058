"""States of plugins in Ardour's sessions: files that end in .ardour.

XML, in which each `Route` (track or bus) has `Processor` elements. Those of plugins have the
plugin's id, and below it the state, as in Ardour's `lv2_plugin.cc`, `vst_plugin.cc` and
`vst3_plugin.cc`:

* LV2: a `Port` with symbol and value for each control; further state is in files beside the
  session, and is left out;
* VST2: a `chunk` in base64, that of all programs, or `parameters` by number;
* VST3: a `chunk` in base64 with the content of a `.vstpreset` file.
"""

import re
from xml.etree.ElementTree import Element

from patchwright.synths.errors import SynthError
from patchwright.synths.presets import strict_xml, vstpreset
from patchwright.synths.presets.plugin_state import (
    PluginState,
    from_base64,
    from_lv2,
    from_vst2,
    to_number,
    to_whole,
)

_VST2 = ("lxvst", "mac-vst", "windows-vst")
_OTHERS = {"audiounit": "Audio Unit", "ladspa": "LADSPA", "luaproc": "Lua"}
_PARAMETER = re.compile(r"param-([0-9]{1,5})")


def decode(data: bytes) -> list[PluginState]:
    """Read the states of all plugins in a session.

    Args:
        data: Bytes of the file.

    Returns:
        The states, in the session's order.

    Raises:
        SynthError: If the file is damaged, too large or no session.
    """
    root = strict_xml.parse(data)
    if root.tag != "Session":
        raise SynthError("This is no session of Ardour: choose a file that ends in .ardour.")
    return [
        _state(f"{route.get('name', '')}: {processor.get('name', '')}", processor)
        for route in root.iter("Route")
        for processor in route.iterfind("Processor")
        if processor.get("type") in ("lv2", "vst3", *_VST2, *_OTHERS)
    ]


def _state(name: str, processor: Element) -> PluginState:
    kind, plugin = processor.get("type", ""), processor.get("unique-id", "")
    if kind in _OTHERS:
        return PluginState(name=name, kind=_OTHERS[kind])
    state = processor.find(kind)
    if state is None:
        raise SynthError(f"The plugin {name} has no state in the session: save it again.")
    if kind == "lv2":
        ports = {
            port.get("symbol", ""): to_number(port.get("value"), f"A port of {name}")
            for port in state.iterfind("Port")
        }
        beside = state.get("state-dir") or state.get("template-dir")
        lost = "what it keeps in files beside the session is left out" if beside else ""
        return from_lv2(name, plugin, ports, lost=lost)
    chunk = state.findtext("chunk")
    if kind == "vst3":
        preset = from_base64(chunk or "")
        class_id = vstpreset.decode(preset).class_id.upper()
        return PluginState(name=name, kind="VST3", plugin=class_id, data=preset)
    number = to_whole(plugin, f"The id of {name}")
    if chunk is not None:
        return from_vst2(name, number, chunk=from_base64(chunk), bank=True)
    return from_vst2(name, number, parameters=_parameters(name, state))


def _parameters(name: str, state: Element) -> tuple[float, ...]:
    """Return the values that a VST2 plugin without a chunk has, by their numbers."""
    listed = state.find("parameters")
    found = {
        int(match[1]): to_number(value, f"A parameter of {name}")
        for key, value in (listed.attrib if listed is not None else {}).items()
        if (match := _PARAMETER.fullmatch(key))
    }
    if sorted(found) != list(range(len(found))):
        raise SynthError(f"Parameters of {name} are missing in the session: save it again.")
    return tuple(found[number] for number in range(len(found)))
