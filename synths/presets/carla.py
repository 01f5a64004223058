"""States of plugins in Carla's projects and presets: files that end in .carxp and .carxs.

XML as Carla's `CarlaStateUtils.cpp` writes it: `CARLA-PROJECT` with a `Plugin` for each, or
`CARLA-PRESET` of one, with `Info` (type, name and id) and `Data`: a `Chunk` in base64, else
`Parameter` elements with index, symbol and value, and for LV2 `CustomData`, which is left out.
Carla asks VST2 plugins for the chunk of all their programs, and VST3 plugins for the state of the
processor; it writes class ids as four words of hexadecimal digits.
"""

from xml.etree.ElementTree import Element

from patchwright.synths.errors import SynthError
from patchwright.synths.presets import strict_xml
from patchwright.synths.presets.plugin_state import (
    PluginState,
    from_base64,
    from_lv2,
    from_vst2,
    from_vst3,
    to_number,
    to_whole,
)


def decode(data: bytes) -> list[PluginState]:
    """Read the states of all plugins in a project, or of the one in a preset.

    Args:
        data: Bytes of the file.

    Returns:
        The states, in the project's order.

    Raises:
        SynthError: If the file is damaged, too large or not of Carla.
    """
    root = strict_xml.parse(data)
    if root.tag == "CARLA-PRESET":
        return [_state(root)]
    if root.tag == "CARLA-PROJECT":
        return [_state(plugin) for plugin in root.iterfind("Plugin")]
    raise SynthError("This is no project of Carla: choose a file that ends in .carxp or .carxs.")


def _state(plugin: Element) -> PluginState:
    name, kind = _text(plugin, "Info/Name"), _text(plugin, "Info/Type")
    chunk = plugin.findtext("Data/Chunk")
    parameters = plugin.findall("Data/Parameter")
    if kind in ("VST", "VST2"):
        number = to_whole(_text(plugin, "Info/UniqueID"), f"The id of {name}")
        if chunk is not None:
            return from_vst2(name, number, chunk=from_base64(chunk), bank=True)
        values = {
            to_whole(_text(each, "Index"), f"A parameter of {name}"): _value(name, each)
            for each in parameters
        }
        if sorted(values) != list(range(len(values))):
            raise SynthError(f"Parameters of {name} are missing in the project: save it again.")
        return from_vst2(name, number, parameters=tuple(values[at] for at in range(len(values))))
    if kind == "VST3" and chunk is not None:
        return from_vst3(name, _text(plugin, "Info/Label"), component=from_base64(chunk))
    if kind == "LV2":
        ports = {
            _text(each, "Symbol"): _value(name, each)
            for each in parameters
            if each.find("Value") is not None  # outputs have none
        }
        further = plugin.find("Data/CustomData") is not None
        lost = "what it keeps beyond its ports is left out" if further else ""
        return from_lv2(name, _text(plugin, "Info/URI"), ports, lost=lost)
    return PluginState(name=name, kind=kind)


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _value(name: str, parameter: Element) -> float:
    return to_number(parameter.findtext("Value"), f"A parameter of {name}")
