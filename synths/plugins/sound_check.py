"""Check that a plugin makes sound when notes are played: effects and empty samplers do not."""

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.plugins.diagnosis import is_effect
from patchwright.synths.plugins.hosts.host import NO_INSTRUMENT
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.spec import PluginSpec
from patchwright.synths.rendering import Status

_FIRST = Performance(notes=(Note(pitch=60, duration=0.1),), length=0.2)
_PITCHES = (36, 48, 60, 72, 84)  # C2 to C6
_PRESETS = 10  # random ones
_PHRASE = Performance(
    notes=tuple(
        Note(pitch=pitch, onset=0.5 * place, duration=0.4) for place, pitch in enumerate(_PITCHES)
    ),
    length=0.5 * len(_PITCHES) + 1.0,
)
_FRESH = (Policy.fork, Policy.respawn)  # under the others a probe could change later renders


def check_sound(pool: RenderPool) -> None:
    """Check that a plugin is an instrument.

    One that takes audio is asked what it is. Notes are played with the default preset and, while
    all is silent, with random ones. Presets that crash or time out count as sound, because they
    show nothing. Policies under which renders could change later ones were chosen by `qualify`,
    which refuses a silent plugin too.

    Args:
        pool: Pool of the plugin.

    Raises:
        SynthError: If it is an effect, or every render is silent, with the reason if it is known.
    """
    refuse_effect(pool)
    if pool.policy not in _FRESH:
        return
    default = pool.space.defaults[np.newaxis]
    if (pool.render(default, _FIRST).status != Status.silent).any():
        return
    presets = _PRESETS if len(pool.space) else 0
    random = pool.space.sample(presets, np.random.default_rng(0)) if presets else default[:0]
    for values in (default, *(row[np.newaxis] for row in random)):
        if (pool.render(values, _PHRASE).status != Status.silent).any():
            return
    raise SynthError(silence(pool.spec, f"{presets} random ones, each with notes from C2 to C6"))


def refuse_effect(pool: RenderPool) -> None:
    """Ask a plugin that takes audio what it is.

    Raises:
        SynthError: If it is an effect.
    """
    plugin = pool.spec.source.plugin
    if plugin is not None and pool.described.inputs and is_effect(plugin):
        raise SynthError(NO_INSTRUMENT.format(pool.name))


def silence(spec: PluginSpec, tried: str) -> str:
    """Return the sentence that refuses a silent plugin.

    Args:
        spec: The plugin.
        tried: What was played besides its default preset.
    """
    plugin = spec.source.plugin
    if plugin is not None and is_effect(plugin):
        return NO_INSTRUMENT.format(spec.name)
    return (
        f"{spec.name} makes no sound with its default preset and {tried}: give a preset that "
        "sounds as the synth's state if it needs samples or a sound bank, or name another plugin."
    )
