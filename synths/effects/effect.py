"""One kind of effect: its parameters in real units, and the devices that make it."""

from collections.abc import Mapping
from dataclasses import dataclass

from patchwright.synths.effects.devices import Argument, Device, Series
from patchwright.synths.parameters import Parameter, Value

_HIGHEST = 0.45  # highest cutoff, as a share of the sample rate: filters fail above half of it


@dataclass(frozen=True)
class Plugin:
    """A device within an effect.

    Attributes:
        name: Name of the class of pedalboard, or in `patchwright.synths.effects.own.OWN`.
        arguments: Names of the effect's parameters by the plugin's keywords.
        constants: Values of further keywords.
        frequencies: Keywords of cutoffs, which are kept below 0.45 of the sample rate.
        choices: Members by choice, of keywords whose parameter is categorical.
    """

    name: str
    arguments: Mapping[str, str]
    constants: Mapping[str, Argument] | None = None
    frequencies: tuple[str, ...] = ()
    choices: Mapping[str, str] | None = None

    def settle(self, settings: Mapping[str, Value], sr: int) -> Device:
        """Return the plugin with the arguments for settings of its effect, by parameter."""
        arguments: dict[str, Argument] = dict(self.constants or {})
        for keyword, parameter in self.arguments.items():
            value = settings[parameter]
            if isinstance(value, str):
                arguments[keyword] = (self.choices or {})[value]
            elif keyword in self.frequencies:
                arguments[keyword] = min(float(value), _HIGHEST * sr)
            else:
                arguments[keyword] = float(value)
        return Device(self.name, arguments)


@dataclass(frozen=True)
class Effect:
    """One kind of effect.

    Attributes:
        name: Name in chains.
        about: One line on what it does.
        parameters: Its parameters.
        plugins: Devices in series that make it.
        version: Version of a file that it plays; empty without one.
    """

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    plugins: tuple[Plugin, ...]
    version: str = ""

    def settle(self, settings: Mapping[str, Value], sr: int) -> Series:
        """Return the devices for settings by parameter, at a sample rate in Hz."""
        return Series(tuple(plugin.settle(settings, sr) for plugin in self.plugins))
