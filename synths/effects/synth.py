"""Effects as a synth: on a dry sound, or behind an instrument."""

import importlib.metadata
import importlib.util
import time
from typing import Self

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.effects.address import EFFECTS_ALONE
from patchwright.synths.effects.cache import Render, RenderCache
from patchwright.synths.effects.chain import Slot
from patchwright.synths.effects.devices import Series, is_pedalboard, play
from patchwright.synths.effects.notation import parse_chain
from patchwright.synths.effects.plugin import PluginFailure, Rack
from patchwright.synths.effects.script import board_script, synth_script
from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, ParameterSpace, Value
from patchwright.synths.performance.notes import Performance
from patchwright.synths.rendering import Renderings, Status, Synth, judge

_KEPT = 256 * 2**20  # bytes of an instrument's renders
_HEARD = (Status.ok, Status.silent)


class EffectSynth:
    """A chain of effects on a dry sound or behind an instrument; see `patchwright.synths.Synth`.

    Sound is stereo throughout. Every render has new plugins of pedalboard, so that it depends on
    its preset alone; they work in one thread. Plugins of the user's play in processes of their own,
    as instruments do.

    Args:
        chain: Chain as text; see `patchwright.synths.effects.notation`.
        instrument: Synth before the chain, which is closed with this one; None to play the dry
            sound of the performance.
        workers: Number of processes of each plugin in the chain.

    Attributes:
        chain: The chain.
        instrument: The synth before it, or None.

    Raises:
        SynthError: If the chain is wrong, or pedalboard is not installed.

    Examples:
        >>> from patchwright.synths import DrySound
        >>> click = np.zeros((1, 4410), np.float32)
        >>> click[0, 0] = 0.5
        >>> synth = EffectSynth("delay | reverb")
        >>> values = synth.space.values([{"delay_time": "50 ms"}])
        >>> played = Performance(notes=(), length=0.2, sr=44_100, dry=DrySound(click))
        >>> synth.render(values, played).audio.shape
        (1, 2, 8820)
    """

    def __init__(self, chain: str, *, instrument: Synth | None = None, workers: int = 1) -> None:
        if importlib.util.find_spec("pedalboard") is None:
            raise SynthError("Effects need the package pedalboard: pip install pedalboard.")
        self.instrument = instrument
        before = () if instrument is None else instrument.space.parameters
        self.chain = parse_chain(chain, [parameter.name for parameter in before])
        absent = frozenset[str]() if instrument is None else instrument.space.absent
        self.space = ParameterSpace((*before, *self.chain.parameters), absent)
        start = f"{EFFECTS_ALONE}: " if instrument is None else f"{instrument.name} | "
        self.name = start + str(self.chain)
        self.batch = 4 if instrument is None else instrument.batch
        self._genes = len(before)
        self._effects = ParameterSpace(self.chain.parameters)
        self._cache = RenderCache(_KEPT)
        self._rack = Rack(workers)

    suffix: str | None = None

    @property
    def version(self) -> str:
        """Versions of the instrument, if it has one, and of what plays the effects."""
        libraries = ("pedalboard", "patchwright")
        own = [f"{name} {importlib.metadata.version(name)}" for name in libraries]
        own += dict.fromkeys(slot.effect.version for slot in self.chain.all_slots)
        return ", ".join(filter(None, [self.instrument.version if self.instrument else "", *own]))

    def settings(self, values: Array) -> dict[str, Value]:
        """Return the settings of the effects of a preset `[P]`, by parameter."""
        return self._effects.readable(values[np.newaxis, self._genes :])[0]

    def devices(self, values: Array, sr: int) -> Series:
        """Return the effects that a preset `[P]` stands for, at a sample rate in Hz."""
        return self.chain.settle(self.settings(values), sr)

    def script(self, values: Array, sr: int, *, title: str, file: str) -> str:
        """Write a Python program that plays a dry sound file through the effects of a preset.

        Args:
            values: Values of the preset, `[P]`.
            sr: Sample rate in Hz.
            title: First line of its documentation, without double quotes.
            file: Name of the program.
        """
        devices = self.devices(values, sr)
        if is_pedalboard(devices):
            return board_script(devices, title=title, file=file)
        chain = str(self.chain)  # alone, its names are not numbered after an instrument's
        names = (parameter.name for parameter in parse_chain(chain).parameters)
        settings = dict(zip(names, self.settings(values).values(), strict=True))
        return synth_script(chain, settings, title=title, file=file)

    def active(self, values: Array) -> list[Slot]:
        """Return the effects of a preset `[P]` that are on, in the order in which they play."""
        return list(self.chain.active(self.settings(values)))

    def instrument_values(self, values: Array) -> Array:
        """Return the part of a preset `[P]` that is the instrument's; empty without one."""
        size = 0 if self.instrument is None else len(self.instrument.space)
        return np.ascontiguousarray(values[:size])

    def dry(self, values: Array, performance: Performance) -> Renderings:
        """Render presets `[n, P]` without the effects, `[n, 2, t]`.

        Raises:
            SynthError: If an instrument is given a dry sound, or effects alone none.
        """
        rows = self.space.snap(values)
        seconds = np.zeros(len(rows))
        if self.instrument is None:
            if performance.dry is None:
                raise SynthError(
                    f"{self.name} plays a dry sound and no notes: give one (--dry), or put an "
                    "instrument before the effects, as in 'subtractive | reverb'."
                )
            one = performance.dry.played(performance.samples)
            audio = np.repeat(one[np.newaxis], len(rows), axis=0)
            return Renderings(audio, judge(audio), seconds)
        if performance.dry is not None:
            raise SynthError(
                f"{self.name} begins with an instrument, which plays notes: leave the dry sound "
                f"out, or write '{EFFECTS_ALONE}: {self.chain}'."
            )
        keys = [(row[: self._genes].tobytes(), performance) for row in rows]
        renders = [self._cache.get(key) for key in keys]
        missing = [place for place, render in enumerate(renders) if render is None]
        if missing:
            genes = np.ascontiguousarray(rows[missing, : self._genes])
            fresh = self.instrument.render(genes, performance)
            seconds[missing] = fresh.seconds
            for place, audio, status in zip(missing, fresh.audio, fresh.status, strict=True):
                renders[place] = render = (audio, int(status))
                if status in _HEARD:
                    self._cache.put(keys[place], render)
        return Renderings(*_stereo([each for each in renders if each], performance), seconds)

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Render presets; see `patchwright.synths.rendering.Synth.render`."""
        rows = self.space.snap(values)
        before = self.dry(rows, performance)
        audio, status, seconds = before.audio, before.status.copy(), before.seconds
        for place in np.flatnonzero(np.isin(status, _HEARD)):
            started = time.perf_counter()
            devices = self.devices(rows[place], performance.sr)
            try:
                audio[place] = play(devices, audio[place], performance.sr, self._rack.play)
                status[place] = judge(audio[place : place + 1])[0]
            except PluginFailure as failure:
                audio[place], status[place] = 0, failure.status
            seconds[place] += time.perf_counter() - started
        return Renderings(audio, status, seconds)

    def close(self) -> None:
        """Close the instrument and the plugins of the chain."""
        self._rack.close()
        if self.instrument is not None:
            self.instrument.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _stereo(
    renders: list[Render], performance: Performance
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return new audio `[n, 2, t]`, mono sounds on both sides, and statuses `[n]`."""
    audio = np.empty((len(renders), 2, performance.samples), np.float32)
    for place, (sound, _) in enumerate(renders):
        audio[place] = sound[:2]  # a plugin may have more outputs
    return audio, np.array([status for _, status in renders], np.int8)
