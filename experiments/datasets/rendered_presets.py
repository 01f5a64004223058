"""Presets of files, of earlier runs, and of stores of renders."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.store.key import synth_key
from patchwright.experiments.store.shard import presets_of
from patchwright.search import EvaluationLog
from patchwright.surrogates import SynthIdentity
from patchwright.surrogates.differences import in_words
from patchwright.synths import Status, Subspace, Synth
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.spec import read_space
from patchwright.synths.presets.files import read_presets
from patchwright.synths.yaml_file import read_yaml


def included_presets(paths: Sequence[Path], synth: Synth, subspace: Subspace) -> Array:
    """Read presets to render as they are.

    Args:
        paths: Preset files, banks, folders of runs, finished or not, and stores of renders.
        synth: Synth of the presets.
        subspace: Free parameters; the presets are moved to its locks and limits.

    Returns:
        Values `[m, P]`, each preset once, in the order of the paths.

    Raises:
        ExperimentError: If a folder holds neither a run nor a store, or has another synth.
        SynthError: If a preset file cannot be read, or is for another synth.
        SearchError: If the log of a run is damaged.
    """
    rows = [np.empty((0, len(synth.space)))]
    for path in paths:
        if not path.is_dir():
            rows.append(np.array([preset.values for preset in read_presets(path, synth)]))
        elif RunFolder(path).config.is_file():
            rows.append(_of_run(path, synth))
        else:
            stored = presets_of(path, synth_key(synth), len(synth.space))
            if not len(stored):
                raise ExperimentError(
                    f"{path} holds no run and no stored presets of this version of {synth.name}: "
                    "name another folder."
                )
            rows.append(stored)
    values = subspace.decode(subspace.encode(np.concatenate(rows)))
    _, first = np.unique(values, axis=0, return_index=True)
    return values[np.sort(first)]


def _of_run(path: Path, synth: Synth) -> Array:
    """Return the values `[n, P]` of the presets that a run rendered without failure."""
    folder = RunFolder(path)
    config = check_experiment(read_yaml(folder.config), str(folder.config))
    space = read_space(folder.need(folder.synth))
    played = SynthIdentity.of(config.synth.name, space.lock({}))
    differing = played.differences(SynthIdentity.of(synth.name, synth.space.lock({})))
    if differing:
        raise ExperimentError(
            f"The run in {path} has another synth, which differs in {in_words(differing)}: leave "
            "it out."
        )
    own = config.synth.subspace(space)
    log = EvaluationLog(
        folder.evaluations, own.names, [objective.title for objective in config.objectives]
    )
    genotypes = [np.empty((0, len(own)))]
    while (logged := log.read(len(genotypes) - 1)) is not None:
        status = logged[0].status
        genotypes.append(logged[0].genotypes[(status == Status.ok) | (status == Status.silent)])
    return own.decode(np.concatenate(genotypes))
