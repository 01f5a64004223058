"""Effects as a Python program: of pedalboard alone where that plays them, or with this package."""

from collections.abc import Mapping

from patchwright.synths.effects.devices import Device, Node, Sum, flat
from patchwright.synths.parameters import Value

_BOARD = '''"""{title}

Usage: python {file} DRY.wav WET.wav
"""

import sys

import numpy as np
from pedalboard import {names}
from pedalboard.io import AudioFile

board = Pedalboard(
    [
{board}
    ]
)

with AudioFile(sys.argv[1]) as file:
    dry, sr = file.read(file.frames), file.samplerate
wet = board(np.repeat(dry, 2, axis=0) if len(dry) == 1 else dry, sr)
with AudioFile(sys.argv[2], "w", sr, 2, bit_depth=32) as file:
    file.write(wet)
'''


def board_script(node: Node, *, title: str, file: str) -> str:
    """Write a Python program that plays a dry sound file with pedalboard alone.

    Args:
        node: Settled effects of pedalboard.
        title: First line of its documentation, without double quotes.
        file: Name of the program.
    """
    parts = flat(node)
    names = sorted({"Pedalboard", *(name for part in parts for name in _names(part))})
    board = "\n".join(f"        {_call(part)}," for part in parts)
    return _BOARD.format(title=title, file=file, names=", ".join(names), board=board)


def _names(node: Node) -> set[str]:
    """Return the names that the expression of a node uses."""
    if isinstance(node, Device):
        members = {each.split(".")[0] for each in node.arguments.values() if isinstance(each, str)}
        return {node.plugin, *members}
    own = {"Mix"} if isinstance(node, Sum) else {"Chain"}
    return own.union(*map(_names, _parts(node)))


def _call(node: Node) -> str:
    """Return the Python expression of a node; numbers are written exactly."""
    if isinstance(node, Device):
        return f"{node.plugin}({', '.join(f'{k}={v}' for k, v in node.arguments.items())})"
    inner = ", ".join(map(_call, _parts(node)))
    return f"{'Mix' if isinstance(node, Sum) else 'Chain'}([{inner}])"


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, Sum) else flat(node)


_SYNTH = '''"""{title}

Usage: python {file} DRY.wav WET.wav
"""

import sys

import soundfile
from patchwright.synths import DrySound, Performance
from patchwright.synths.effects import EffectSynth

CHAIN = {chain!r}
SETTINGS = {{
{settings}
}}

if __name__ == "__main__":
    dry, sr = soundfile.read(sys.argv[1], dtype="float32", always_2d=True)
    played = Performance(notes=(), length=len(dry) / sr, sr=sr, dry=DrySound(dry.T))
    with EffectSynth(CHAIN) as synth:
        wet = synth.render(synth.space.values([SETTINGS]), played).audio[0]
    soundfile.write(sys.argv[2], wet.T, sr, subtype="FLOAT")
'''


def synth_script(chain: str, settings: Mapping[str, Value], *, title: str, file: str) -> str:
    """Write a Python program that plays a dry sound file through any chain.

    Args:
        chain: Chain as text.
        settings: Settings by parameter of the chain alone.
        title: First line of its documentation, without double quotes.
        file: Name of the program.
    """
    lines = "\n".join(f"    {name!r}: {value!r}," for name, value in settings.items())
    return _SYNTH.format(title=title, file=file, chain=chain, settings=lines)
