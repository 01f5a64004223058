"""Settled effects: devices in series and in parallel, ready to be played or written as Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Argument = float | str
"""Value of an argument: a number, or the name of a member such as ``LadderFilter.LPF12``."""


@dataclass(frozen=True)
class Device:
    """One plugin of pedalboard with its arguments.

    Attributes:
        plugin: Name of its class.
        arguments: Values by keyword.
    """

    plugin: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """Parts one after the other; none leaves the sound as it is."""

    parts: "tuple[Node, ...]" = ()


@dataclass(frozen=True)
class Sum:
    """Parts side by side, added."""

    parts: "tuple[Node, ...]"


Node = Device | Series | Sum


def flat(node: Node) -> tuple[Node, ...]:
    """Return the parts of a series without series inside.

    Examples:
        >>> gain = Device("Gain", {"gain_db": -6.0})
        >>> len(flat(Series((Series((gain, gain)), Series()))))
        2
    """
    if not isinstance(node, Series):
        return (node,)
    return tuple(inner for part in node.parts for inner in flat(part))


def make(node: Node) -> Any:
    """Make a new plugin of pedalboard, which has never played.

    Examples:
        >>> import numpy as np
        >>> board = make(Series((Device("Gain", {"gain_db": 6.0}),)))
        >>> board(np.full((2, 4), 0.1, np.float32), 44100)[0, :2].round(3).tolist()
        [0.20000000298023224, 0.20000000298023224]
    """
    import pedalboard  # here, so that chains are read without it

    if isinstance(node, Device):
        arguments = {key: _value(pedalboard, each) for key, each in node.arguments.items()}
        return getattr(pedalboard, node.plugin)(**arguments)
    if isinstance(node, Sum):
        return pedalboard.Mix([make(part) for part in node.parts])
    return pedalboard.Chain([make(part) for part in flat(node)])


def _value(library: Any, argument: Argument) -> Any:
    if not isinstance(argument, str):
        return argument
    for name in argument.split("."):
        library = getattr(library, name)
    return library


_SCRIPT = '''"""{title}

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


def script(node: Node, *, title: str, file: str) -> str:
    """Write a Python program that plays a dry sound file through the effects.

    Args:
        node: Settled effects.
        title: First line of its documentation, without double quotes.
        file: Name of the program.
    """
    parts = flat(node)
    names = sorted({"Pedalboard", *(name for part in parts for name in _names(part))})
    board = "\n".join(f"        {_call(part)}," for part in parts)
    return _SCRIPT.format(title=title, file=file, names=", ".join(names), board=board)


def _names(node: Node) -> set[str]:
    """Return the names that the expression of a node uses."""
    if isinstance(node, Device):
        members = {each.split(".")[0] for each in node.arguments.values() if isinstance(each, str)}
        return {node.plugin, *members}
    own = {"Mix"} if isinstance(node, Sum) else {"Chain"}
    return own.union(*map(_names, node.parts))


def _call(node: Node) -> str:
    """Return the Python expression of a node; numbers are written exactly."""
    if isinstance(node, Device):
        return f"{node.plugin}({', '.join(f'{k}={v}' for k, v in node.arguments.items())})"
    inner = ", ".join(map(_call, node.parts if isinstance(node, Sum) else flat(node)))
    return f"{'Mix' if isinstance(node, Sum) else 'Chain'}([{inner}])"
