"""Chains of effects: what a preset of them sets, and the devices that a preset stands for.

A chain is a tree of stages. Each has parameters, and settles to devices for a preset's settings:

* `Slot`: one effect, with a switch if it may be left out;
* `Chain`: stages in series;
* `AnyOrder`: slots that may be left out, in an order that is searched. Each has a key, and those
  that are on play in the order of their keys (Bean, "Genetic algorithms and random keys", 1994), so
  that every preset is valid;
* `Parallel`: chains side by side, added, each with a level;
* `Bands`: chains for bands of frequency. The crossovers are of first order, so that the bands add
  up to the sound that was split.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from patchwright.synths.effects.devices import Device, Node, Series, Sum
from patchwright.synths.effects.effect import Effect
from patchwright.synths.effects.plugin import PluginEffect
from patchwright.synths.parameters import Parameter, Prior, Value
from patchwright.synths.parameters.shorthand import boolean, continuous

_USUAL = 1.5  # effects of a random preset, of those that may be left out in any order

COST = 0.01
"""Distances of the median random preset that each effect costs that may be left out."""

Settings = Mapping[str, Value]

_PLAIN = re.compile(r"[\w.-]+")  # name of a plugin that needs no quotes


class Stage(Protocol):
    """A part of a chain."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters, with names that no other stage has."""
        ...

    @property
    def all_slots(self) -> "tuple[Slot, ...]":
        """All slots, whether they are on or not."""
        ...

    def settle(self, settings: Settings, sr: int) -> Node:
        """Return the devices for settings by parameter, at a sample rate in Hz."""
        ...

    def active(self, settings: Settings) -> Iterator["Slot"]:
        """Yield the slots that are on, in the order in which they play."""
        ...


@dataclass(frozen=True)
class Slot:
    """One effect.

    Attributes:
        name: Start of its parameters' names.
        effect: Effect of the table, or plugin.
        optional: Whether it may be left out.
        keyed: Whether its place is searched.
        likely: Probability that a random preset has it on, if it may be left out.
    """

    name: str
    effect: Effect | PluginEffect
    optional: bool = False
    keyed: bool = False
    likely: float = 0.5

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """A switch and a key, if it has them, and the effect's own parameters."""
        about = f"{self.name}: {self.effect.about}"
        own = tuple(
            replace(each, name=f"{self.name}_{each.name}") for each in self.effect.parameters
        )
        prior = Prior(weights=(1 - self.likely, self.likely))
        switch = replace(boolean(self.switch, True, about), cost=COST, prior=prior)
        key = continuous(self.key, 0, 1, 0.5, "effects play in the order of their keys")
        return (switch,) * self.optional + (key,) * self.keyed + own

    @property
    def switch(self) -> str:
        """Name of the switch."""
        return f"{self.name}_on"

    @property
    def key(self) -> str:
        """Name of the key."""
        return f"{self.name}_key"

    @property
    def all_slots(self) -> "tuple[Slot, ...]":
        """Itself."""
        return (self,)

    def is_on(self, settings: Settings) -> bool:
        """Return whether it plays."""
        return not self.optional or bool(settings[self.switch])

    def settle(self, settings: Settings, sr: int) -> Node:
        """Return its devices; none if it is left out."""
        if not self.is_on(settings):
            return Series()
        own = {each.name: settings[f"{self.name}_{each.name}"] for each in self.effect.parameters}
        return self.effect.settle(own, sr)

    def active(self, settings: Settings) -> Iterator["Slot"]:
        """Yield itself if it is on."""
        if self.is_on(settings):
            yield self

    def __str__(self) -> str:
        prefix, colon, name = self.effect.name.partition(":")
        quoted = f'"{name}"' if colon and not _PLAIN.fullmatch(name) else name
        return prefix + colon + quoted + ("?" if self.optional and not self.keyed else "")


@dataclass(frozen=True)
class Chain:
    """Stages in series; none leave the sound as it is."""

    stages: tuple[Stage, ...] = ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the stages, in order."""
        return tuple(each for stage in self.stages for each in stage.parameters)

    @property
    def all_slots(self) -> tuple[Slot, ...]:
        """Slots of the stages."""
        return tuple(slot for stage in self.stages for slot in stage.all_slots)

    def settle(self, settings: Settings, sr: int) -> Series:
        """Return the stages' devices in series."""
        return Series(tuple(stage.settle(settings, sr) for stage in self.stages))

    def active(self, settings: Settings) -> Iterator[Slot]:
        """Yield the slots that are on."""
        for stage in self.stages:
            yield from stage.active(settings)

    def __str__(self) -> str:
        return " | ".join(map(str, self.stages)) or "dry"


@dataclass(frozen=True)
class AnyOrder:
    """Slots that may be left out, in an order that is searched."""

    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Self:
        """Make it of slots; random presets have one or two of them on, however many there are."""
        likely = min(0.5, _USUAL / len(slots))
        return cls(tuple(replace(slot, likely=likely) for slot in slots))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the slots, in the order of the notation."""
        return tuple(each for slot in self.slots for each in slot.parameters)

    @property
    def all_slots(self) -> tuple[Slot, ...]:
        """The slots."""
        return self.slots

    def settle(self, settings: Settings, sr: int) -> Series:
        """Return the devices of the slots that are on, in the order of their keys."""
        return Series(tuple(slot.settle(settings, sr) for slot in self.active(settings)))

    def active(self, settings: Settings) -> Iterator[Slot]:
        """Yield the slots that are on, in the order of their keys; of equal ones, as written."""
        on = [slot for slot in self.slots if slot.is_on(settings)]
        yield from sorted(on, key=lambda slot: settings[slot.key])

    def __str__(self) -> str:
        return f"{{{', '.join(map(str, self.slots))}}}"


@dataclass(frozen=True)
class _Branches:
    """Chains side by side.

    Attributes:
        name: Start of the names of their own parameters.
        branches: The chains.
    """

    name: str
    branches: tuple[Chain, ...]

    @property
    def all_slots(self) -> tuple[Slot, ...]:
        """Slots of the branches."""
        return tuple(slot for branch in self.branches for slot in branch.all_slots)

    def active(self, settings: Settings) -> Iterator[Slot]:
        """Yield the slots that are on, branch by branch."""
        for branch in self.branches:
            yield from branch.active(settings)


@dataclass(frozen=True)
class Parallel(_Branches):
    """Chains side by side, each with a level."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """A level for each branch, then the branches' parameters."""
        about = "level of the branch"
        levels = (continuous(name, -48, 6, -6, about, unit="dB") for name in self._levels)
        return (*levels, *_parameters(self.branches))

    @property
    def _levels(self) -> list[str]:
        return [f"{self.name}_level{number}" for number, _ in enumerate(self.branches, 1)]

    def settle(self, settings: Settings, sr: int) -> Sum:
        """Return the sum of the branches, each after its level."""
        levels = (Device("Gain", {"gain_db": float(settings[name])}) for name in self._levels)
        pairs = zip(levels, self.branches, strict=True)
        return Sum(tuple(Series((level, chain.settle(settings, sr))) for level, chain in pairs))

    def __str__(self) -> str:
        return f"({' + '.join(map(str, self.branches))})"


@dataclass(frozen=True)
class Bands(_Branches):
    """Chains for bands of frequency, from the lowest to the highest."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """A crossover between each two bands, then the branches' parameters."""
        crossovers = (
            continuous(name, 60, 8000, 800, "crossover", unit="Hz", scale="log")
            for name in self._crossovers
        )
        return (*crossovers, *_parameters(self.branches))

    @property
    def _crossovers(self) -> list[str]:
        return [f"{self.name}_crossover{number}" for number in range(1, len(self.branches))]

    def settle(self, settings: Settings, sr: int) -> Node:
        """Return the sum of the bands; crossovers count from the lowest, whatever their names."""
        cutoffs = sorted(min(float(settings[name]), 0.45 * sr) for name in self._crossovers)
        *lower, node = [branch.settle(settings, sr) for branch in self.branches]
        rest: Node = node
        for cutoff, band in zip(reversed(cutoffs), reversed(lower), strict=True):
            arguments = {"cutoff_frequency_hz": cutoff}
            below = Series((Device("LowpassFilter", arguments), band))
            rest = Sum((below, Series((Device("HighpassFilter", arguments), rest))))
        return rest

    def __str__(self) -> str:
        return f"({' / '.join(map(str, self.branches))})"


def _parameters(branches: tuple[Chain, ...]) -> tuple[Parameter, ...]:
    return tuple(each for branch in branches for each in branch.parameters)
