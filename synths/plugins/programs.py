"""The programs of a plugin: presets that it brings with it.

VST2 plugins show programs, VST3 plugins (through pedalboard) if they have a parameter that chooses
them, and LV2 plugins the presets in their bundles.
"""

from collections.abc import Sequence

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets.preset import Preset
from patchwright.synths.rendering import Synth


def programs(synth: Synth) -> list[Preset]:
    """Read the programs of a plugin.

    Their values are those of its parameters. What else a program holds, such as a wavetable, is
    lost in them; `RenderPool.render_programs` plays it.

    Args:
        synth: Plugin in a pool.

    Returns:
        The programs in the plugin's order, two or more; those without a name are named after their
        number.

    Raises:
        SynthError: If it is a built-in synth, or the plugin, its format or its host shows none.

    Examples:
        ::

            with RenderPool(resolve("lv2:JX10")) as pool:
                programs(pool)[0].name  # '303 Saw Bass'
    """
    if not isinstance(synth, RenderPool):
        raise SynthError(f"{synth.name} is a built-in synth and has no programs: name a plugin.")
    found = synth.programs()
    if len(found) < 2:
        raise SynthError(f"{synth.name} shows no programs{_why(synth)}.")
    rows = synth.space.snap(np.array([program.values for program in found]))
    return [
        Preset(program.name or f"program {number}", synth.name, row)
        for number, (program, row) in enumerate(zip(found, rows, strict=True), 1)
    ]


def spread(presets: Sequence[Preset], most: int | None) -> list[Preset]:
    """Return the first of equal presets and, if there are more than `most`, evenly spaced ones."""
    different = list({preset.values.tobytes(): preset for preset in reversed(presets)}.values())
    different.reverse()
    if most is None or len(different) <= most:
        return different
    places = np.linspace(0, len(different) - 1, most).round().astype(int)
    return [different[place] for place in places]


def _why(pool: RenderPool) -> str:
    """Return the rest of the sentence that refuses a plugin without programs."""
    host = pool.spec.source.host
    plugin = pool.spec.source.plugin
    if host.name == "dawdreamer" and plugin is not None and plugin.suffix.casefold() == ".vst3":
        return " in DawDreamer: use the host pedalboard, which reads those of VST3 plugins"
    files = ", ".join([*host.preset_suffixes, ".json"])
    return f" through {host.name}: name preset files instead ({files})"
