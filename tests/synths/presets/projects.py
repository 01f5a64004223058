"""Projects of other programs, as those programs write them."""

import base64
import struct
from collections.abc import Sequence

AMSYNTH = int.from_bytes(b"amsy", "big")
JX10 = "http://drobilla.net/plugins/mda/JX10"
CLASS_ID = "5653544C656C237473746572656F2000"


def ardour(*processors: str) -> bytes:
    """Return a session with a track `Bass` of some processors."""
    inside = '<Processor name="Fader" type="amp"/>' + "".join(processors)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Session version="7000" name="s"><Routes>'
        f'<Route name="Bass">{inside}</Route></Routes></Session>\n'
    ).encode()


def ardour_lv2(ports: dict[str, float], uri: str = JX10) -> str:
    listed = "".join(f'<Port symbol="{name}" value="{value}"/>' for name, value in ports.items())
    return f'<Processor name="JX" type="lv2" unique-id="{uri}"><lv2>{listed}</lv2></Processor>'


def ardour_vst2(chunk: bytes, number: int = AMSYNTH) -> str:
    text = base64.b64encode(chunk).decode()
    return (
        f'<Processor name="amsynth" type="lxvst" unique-id="{number}"><lxvst>'
        f'<chunk program="0">{text}</chunk></lxvst></Processor>'
    )


def carla(*plugins: str, root: str = "CARLA-PROJECT") -> bytes:
    """Return a project, or with another root a preset, whose plugin is not in an element."""
    inside = "".join(f"<Plugin>{plugin}</Plugin>" for plugin in plugins)
    inside = inside if root == "CARLA-PROJECT" else plugins[0]
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE {root}>\n<{root} VERSION='2.5'>"
        f"{inside}</{root}>\n"
    ).encode()


def carla_plugin(
    kind: str, info: str, *, chunk: bytes | None = None, parameters: dict[str, float] | None = None
) -> str:
    listed = "".join(
        f"<Parameter><Index>{index}</Index><Name>x</Name><Symbol>{symbol}</Symbol>"
        f"<Value>{value}</Value></Parameter>"
        for index, (symbol, value) in enumerate((parameters or {}).items())
    )
    text = "" if chunk is None else f"<Chunk>\n{base64.encodebytes(chunk).decode()}</Chunk>"
    return (
        f"<Info><Type>{kind}</Type><Name>A &amp; B</Name>{info}</Info>"
        f"<Data><Active>Yes</Active>{listed}{text}</Data>"
    )


def reaper(*blocks: str) -> bytes:
    """Return a project with a track `Bass` of some plugins."""
    inside = "\n".join(blocks)
    return (
        '<REAPER_PROJECT 0.1 "7.07/linux-x86_64" 1719900000\n  TEMPO 120 4 4\n  <TRACK {1}\n'
        f'    NAME "Bass"\n    <FXCHAIN\n      BYPASS 0 0 0\n{inside}\n      WAK 0 0\n    >\n'
        "    <ITEM\n      NAME drum.wav\n    >\n  >\n>\n"
    ).encode()


def reaper_vst2(
    state: bytes, *, regular: bool = False, given: str = "", number: int = AMSYNTH
) -> str:
    head = _head(number, 0xFEED5EEF if regular else 0xFEED5EEE, len(state))
    words = f'"VSTi: amsynth (Nick Dowell)" amsynth_vst.so 0 "{given}" {number}<56> ""'
    return _block(words, [head, state, b"\0warm\0\x10\0\0\0"])


def reaper_vst3(component: bytes, controller: bytes = b"") -> str:
    state = struct.pack("<II", len(component), 1) + component
    state += struct.pack("<II", len(controller), 0) + controller
    words = f'"VST3i: Delay (Tracktion)" "My Delay.vst3" 0 "" 1997878177{{{CLASS_ID}}} ""'
    return _block(words, [_head(7, 0xFEED5EEE, len(state)), state, b"\0\0\x10\0\0\0"])


def _head(number: int, magic: int, size: int) -> bytes:
    return struct.pack("<IIIIQQIII", number, magic, 0, 2, 1, 2, size, 1, 0x100000)


def _block(words: str, parts: Sequence[bytes]) -> str:
    lines = []
    for part in parts:
        text = base64.b64encode(part).decode()
        lines += [text[at : at + 128] for at in range(0, len(text), 128)]
    return "\n".join([f"      <VST {words}", *(f"        {line}" for line in lines), "      >"])
