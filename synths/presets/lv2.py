"""LV2 presets: Turtle that names a plugin, the values of its ports, and what else its state holds.

https://lv2plug.in/ns/ext/presets. A host writes the triples of one preset; here they become a file
that stands alone, and a bundle that hosts list.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from patchwright.synths.errors import SynthError

MAX_BYTES = 2 * 2**20  # of a file
_PRESETS = "http://lv2plug.in/ns/ext/presets#"
_CORE = "http://lv2plug.in/ns/lv2core#"
# the prefixes with which lilv writes a state, and does not declare
_HEAD = "".join(
    f"@prefix {prefix}: <{uri}> .\n"
    for prefix, uri in (
        ("atom", "http://lv2plug.in/ns/ext/atom#"),
        ("lv2", _CORE),
        ("pset", _PRESETS),
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("state", "http://lv2plug.in/ns/ext/state#"),
        ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    )
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-\[\]_a-z~]{1,1000}")
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_BEGIN = re.compile(r"\s*<[^>]*>\s+a\s+pset:Preset\s*;")
_SAID = re.compile(r"<urn:patchwright:\w{32}>\n\ta pset:Preset ;\n(\trdfs:(label|comment) .*\n)*")


@dataclass(frozen=True, kw_only=True)
class LV2Preset:
    """What an LV2 preset says of itself.

    Attributes:
        uri: URI of the preset.
        plugin: URI of the plugin that it applies to.
        label: Name to show; empty if it has none.
    """

    uri: str
    plugin: str
    label: str


def from_state(state: bytes) -> bytes:
    """Make a file of the triples of one preset, as lilv writes them.

    Raises:
        SynthError: If they are of another kind.
    """
    text = state.decode()
    begin = _BEGIN.match(text)
    if begin is None:
        raise SynthError("The host has written no LV2 preset: use the .json.")
    return _file("", text[begin.end() :].lstrip("\n"))


def from_ports(plugin: str, ports: Mapping[str, float]) -> bytes:
    """Make a file of the values of a plugin's ports.

    Args:
        plugin: URI of the plugin.
        ports: Values by the symbols of ports.

    Raises:
        SynthError: If it is no URI, a symbol is none, or a value is not finite.
    """
    if not _URI.fullmatch(plugin):
        raise SynthError(f"{plugin[:80]!r} is no URI of an LV2 plugin: export the state again.")
    for symbol, value in ports.items():
        if not _SYMBOL.fullmatch(symbol) or not math.isfinite(value):
            raise SynthError(
                f"The port {symbol[:80]!r} of {plugin[:200]} has no valid symbol or value: "
                "export the state again."
            )
    body = "".join(
        f' ;\n\tlv2:port [\n\t\tlv2:symbol "{symbol}" ;\n\t\tpset:value {value!r}\n\t]'
        for symbol, value in ports.items()
    )
    return _file("", f"\tlv2:appliesTo <{plugin}>{body} .")


def named(data: bytes, name: str, *, comment: str = "") -> bytes:
    """Give a file of `from_state` a name, and a comment.

    Raises:
        SynthError: If the file is another.
    """
    text = data.decode()
    begin = _SAID.search(text)
    if begin is None:
        raise SynthError("The LV2 preset was not written by Patchwright: name another.")
    said = f"\trdfs:label {_literal(name)} ;\n"
    if comment:
        said += f"\trdfs:comment {_literal(comment)} ;\n"
    return _file(said, text[begin.end() :])


def manifest(preset: LV2Preset, file: str) -> bytes:
    """Write the manifest of a bundle with one preset.

    Args:
        preset: The preset.
        file: Name of its file in the bundle.
    """
    return (
        f"{_HEAD}\n<{preset.uri}>\n\ta pset:Preset ;\n\tlv2:appliesTo <{preset.plugin}> ;\n"
        f"\trdfs:label {_literal(preset.label)} ;\n\trdfs:seeAlso <{file}> .\n"
    ).encode()


def decode(data: bytes) -> LV2Preset:
    """Read which plugin a preset is for, and whether it is whole.

    Raises:
        SynthError: If the file is too large, damaged, or does not hold one preset of one plugin.
    """
    import rdflib  # here, because it is needed for these plugins only

    if len(data) > MAX_BYTES:
        raise SynthError(f"An LV2 preset has {MAX_BYTES:,} bytes at most: choose a preset file.")
    graph = rdflib.Graph()
    try:
        graph.parse(data=data, format="turtle", publicID="urn:patchwright:base")
    except Exception as error:  # rdflib asserts, and names no errors for damaged files
        raise SynthError("The LV2 preset is damaged: export it again.") from error
    core, terms = rdflib.Namespace(_CORE), rdflib.Namespace(_PRESETS)
    presets = list(graph.subjects(rdflib.RDF.type, terms["Preset"]))
    plugins = [each for preset in presets for each in graph.objects(preset, core["appliesTo"])]
    if len(presets) != 1 or len(plugins) != 1:
        raise SynthError(
            "The file does not hold one LV2 preset of one plugin: name another, or a .json."
        )
    for port in graph.objects(presets[0], core["port"]):
        values = [str(value) for value in graph.objects(port, terms["value"])]
        if len(values) != 1 or not _is_number(values[0]):
            raise SynthError("A port of the LV2 preset has no number: export it again.")
    label = graph.value(presets[0], rdflib.RDFS.label)
    return LV2Preset(uri=str(presets[0]), plugin=str(plugins[0]), label=str(label or ""))


def _file(said: str, body: str) -> bytes:
    """Write the file of one preset; its URI tells it from every other."""
    digest = hashlib.sha256(f"{said}{body}".encode()).hexdigest()[:32]
    uri = f"urn:patchwright:{digest}"
    return f"{_HEAD}\n<{uri}>\n\ta pset:Preset ;\n{said}{body.rstrip()}\n".encode()


def _literal(text: str) -> str:
    """Return a text as Turtle writes it, which has the escapes of JSON."""
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
