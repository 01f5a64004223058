"""Plugins as effects: VST3, Audio Units, VST2 and LV2, each in a pool of processes."""

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patchwright.synths.effects.devices import Hosted, Series
from patchwright.synths.effects.own import Sound
from patchwright.synths.parameters import Parameter, ParameterSpace, Value
from patchwright.synths.performance.dry import DrySound
from patchwright.synths.performance.notes import Performance
from patchwright.synths.rendering import Status

if TYPE_CHECKING:  # both import this module's package
    from patchwright.synths.plugins.pool import RenderPool


@dataclass(frozen=True)
class PluginEffect:
    """A plugin that is an effect; like `Effect`, with the parameters that the plugin describes.

    Attributes:
        name: Its address, as in ``lv2:Delay``.
    """

    name: str

    @property
    def about(self) -> str:
        """One line on what it is."""
        return f"the plugin {self.name}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, typed by asking the plugin.

        Raises:
            SynthError: If there is no such plugin, it does not load, or it is no effect.
        """
        return _space(self.name).parameters

    @property
    def version(self) -> str:
        """Versions of the plugin's host and description, with the hash of its files."""
        from patchwright.synths.plugins.address import resolve  # here, as in `_open`

        spec = resolve(self.name, effect=True)
        return f"{self.name} {spec.host_version} {spec.fingerprint}"

    def settle(self, settings: Mapping[str, Value], sr: int) -> Series:
        """Return the plugin with the values for settings by parameter."""
        (values,) = _space(self.name).values([settings]).tolist()
        return Series((Hosted(self.name, tuple(values)),))


@functools.cache
def _space(address: str) -> ParameterSpace:
    """Load a plugin, once in this process, and return its parameters."""
    with _open(address, workers=1) as pool:
        return pool.space


def _open(address: str, *, workers: int) -> "RenderPool":
    # here, because these modules import this package, and are needed for plugins only
    from patchwright.synths.plugins.address import resolve
    from patchwright.synths.plugins.pool import RenderPool
    from patchwright.synths.plugins.qualify import VERDICTS, verdict_path

    spec = resolve(address, effect=True)
    verdict = VERDICTS.read(verdict_path(spec, {}))
    return RenderPool(spec, workers=workers, policy=verdict.chosen if verdict else None)


class Rack:
    """The pools of the plugins of a chain, each opened when it first plays; safe in threads.

    Args:
        workers: Number of processes of each plugin.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pools: dict[str, RenderPool] = {}
        self._lock = threading.Lock()

    def play(self, device: Hosted, audio: Sound, sr: int) -> Sound:
        """Play a sound `[2, t]` through a plugin.

        Raises:
            PluginFailure: If the plugin crashes or takes too long, or the sound is not finite.
        """
        if not np.isfinite(audio).all():  # of an effect before it
            raise PluginFailure(Status.non_finite)
        with self._lock:
            if device.address not in self._pools:
                self._pools[device.address] = _open(device.address, workers=self._workers)
            pool = self._pools[device.address]
        length = audio.shape[1] / sr
        performance = Performance(notes=(), length=length, sr=sr, dry=DrySound(audio))
        renders = pool.render(np.array([device.values]), performance)
        status = Status(renders.status[0])
        if status not in (Status.ok, Status.silent):
            raise PluginFailure(status)
        found: Sound = np.broadcast_to(renders.audio[0], audio.shape)
        return found

    def close(self) -> None:
        """End all processes."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


class PluginFailure(Exception):  # noqa: N818 - no error of the user's: it becomes a status
    """A plugin crashed, took too long or left the range of numbers.

    Attributes:
        status: What happened.
    """

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status
