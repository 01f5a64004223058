"""Starting points of a search, read from preset files and earlier runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.synths import Subspace, Synth
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_presets


def initial_genotypes(paths: Sequence[Path], synth: Synth, subspace: Subspace) -> Array:
    """Read presets to start from.

    Args:
        paths: Preset files, banks, and folders of finished runs; a run contributes its best preset
            and the kept presets of its front.
        synth: Synth of the presets.
        subspace: Free parameters; locked parameters of the presets are ignored.

    Returns:
        Genotypes `[n, d]`, in the order of the paths.

    Raises:
        ExperimentError: If a folder holds no finished run.
        SynthError: If a file cannot be read, or is for another synth.
    """
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        run = RunFolder(path)
        if not run.best_preset.is_file():
            raise ExperimentError(f"{path} holds no finished run to start from: name another.")
        files += [run.best_preset, *sorted(run.front.glob("*.json"))]
    presets = [preset for file in files for preset in read_presets(file, synth)]
    values = np.array([preset.values for preset in presets]).reshape(-1, len(synth.space))
    return subspace.encode(values)
