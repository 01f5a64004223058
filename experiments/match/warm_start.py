"""Starting points of a search: preset files, earlier runs, and a plugin's own programs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.synths import Preset, Subspace, Synth
from patchwright.synths.notice import warn
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.programs import programs, spread
from patchwright.synths.presets.files import read_presets


def initial_genotypes(
    starts: Sequence[Path | str],
    synth: Synth,
    subspace: Subspace,
    *,
    most_programs: int | None = None,
) -> Array:
    """Read presets to start from.

    Args:
        starts: Preset files, banks, and folders of finished runs; a run contributes its best preset
            and the kept presets of its front. ``programs`` stands for those of the plugin.
        synth: Synth of the presets.
        subspace: Free parameters; locked parameters of the presets are ignored.
        most_programs: Number of programs that are taken at most, evenly spaced; all if None.

    Returns:
        Genotypes `[n, d]`, in the order of the starts.

    Raises:
        ExperimentError: If a folder holds no finished run.
        SynthError: If a file cannot be read, or is for another synth, or the synth shows no
            programs.
    """
    presets: list[Preset] = []
    for start in starts:
        if isinstance(start, Path):
            files = preset_files(start)
            presets += [preset for file in files for preset in read_presets(file, synth)]
        else:
            presets += _programs(synth, most_programs)
    values = np.array([preset.values for preset in presets]).reshape(-1, len(synth.space))
    return subspace.encode(values)


def preset_files(path: Path) -> list[Path]:
    """List the preset files that a path stands for.

    Args:
        path: Preset file or bank, which stands for itself; or folder of a finished run, which
            stands for its best preset and the kept presets of its front.

    Raises:
        ExperimentError: If a folder holds no finished run.
    """
    if not path.is_dir():
        return [path]
    run = RunFolder(path)
    if not run.best_preset.is_file():
        raise ExperimentError(f"{path} holds no finished run to start from: name another.")
    return [run.best_preset, *sorted(run.front.glob("*.json"))]


def _programs(synth: Synth, most: int | None) -> list[Preset]:
    different = spread(programs(synth), None)
    taken = spread(different, most)
    if len(taken) < len(different):
        warn(
            f"The search starts from {len(taken):,} of {len(different):,} programs of "
            f"{synth.name}, evenly spaced: raise search.renders for more."
        )
    return taken
