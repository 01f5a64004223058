"""Settled effects: devices in series and in parallel, ready to be played or written as Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from patchwright.synths.effects.own import OWN, Sound
from patchwright.synths.errors import SynthError

Argument = float | str
"""Value of an argument: a number, or the name of a member such as ``LadderFilter.LPF12``."""


@dataclass(frozen=True)
class Device:
    """One plugin of pedalboard, or effect of our own, with its arguments.

    Attributes:
        plugin: Name of its class, or in `OWN`.
        arguments: Values by keyword.
    """

    plugin: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


@dataclass(frozen=True)
class Hosted:
    """A plugin of the user's, with its settings.

    Attributes:
        address: Address of the plugin.
        values: Normalised values of its parameters.
    """

    address: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """Parts one after the other; none leaves the sound as it is."""

    parts: "tuple[Node, ...]" = ()


@dataclass(frozen=True)
class Sum:
    """Parts side by side, added."""

    parts: "tuple[Node, ...]"


Node = Device | Hosted | Series | Sum

PlayHosted = Callable[[Hosted, Sound, int], Sound]
"""Function that plays a sound `[2, t]` at a sample rate through a plugin of the user's."""


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


def _nowhere(device: Hosted, audio: Sound, sr: int) -> Sound:
    raise SynthError(f"{device.address} needs an open synth to play it.")


def play(node: Node, audio: Sound, sr: int, hosted: PlayHosted = _nowhere) -> Sound:
    """Play a sound through new plugins, which have never played.

    Args:
        node: Settled effects.
        audio: Sound, `[2, t]`.
        sr: Sample rate in Hz.
        hosted: Function that plays plugins of the user's.

    Examples:
        >>> import numpy as np
        >>> louder = Series((Device("Gain", {"gain_db": 6.0}),))
        >>> play(louder, np.full((2, 4), 0.1, np.float32), 44100)[0, :2].round(3).tolist()
        [0.20000000298023224, 0.20000000298023224]
    """
    if is_pedalboard(node):
        sound: Sound = _make(node)(audio, sr)
        return sound
    if isinstance(node, Hosted):
        return hosted(node, audio, sr)
    if isinstance(node, Device):
        return OWN[node.plugin](audio, sr, **node.arguments)
    if isinstance(node, Sum):
        first, *others = (play(part, audio, sr, hosted) for part in node.parts)
        for other in others:
            first = first + other
        return first
    for part in flat(node):
        audio = play(part, audio, sr, hosted)
    return audio


def is_pedalboard(node: Node) -> bool:
    """Return whether pedalboard alone plays a node."""
    if isinstance(node, Device):
        return node.plugin not in OWN
    if isinstance(node, Hosted):
        return False
    return all(map(is_pedalboard, node.parts))


def _make(node: Node) -> Any:
    """Make a new plugin of pedalboard."""
    import pedalboard  # here, so that chains are read without it

    if isinstance(node, Device):
        arguments = {key: _value(pedalboard, each) for key, each in node.arguments.items()}
        return getattr(pedalboard, node.plugin)(**arguments)
    if isinstance(node, Sum):
        return pedalboard.Mix([_make(part) for part in node.parts])
    return pedalboard.Chain([_make(part) for part in flat(node)])


def _value(library: Any, argument: Argument) -> Any:
    if not isinstance(argument, str):
        return argument
    for name in argument.split("."):
        library = getattr(library, name)
    return library
