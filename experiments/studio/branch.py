"""A new run that searches on from a preset of another."""

import fnmatch
import shutil
from collections.abc import Sequence
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studio.open_run import OpenRun
from patchwright.synths import Preset
from patchwright.synths.whole_file import own_folder


def branch_config(
    run: OpenRun,
    folder: Path,
    *,
    start: str | None,
    liked: Sequence[str],
    locked: Sequence[str],
    renders: int,
) -> ExperimentConfig:
    """Write the starts and targets of a new run, and return its config.

    Args:
        run: Run to search on from.
        folder: Folder of the new run.
        start: Key of the preset to start from; the best one if None.
        liked: Keys of presets that are starts as well.
        locked: Names of parameters that keep the values that they have in the first start.
        renders: Budget of the new run.

    Raises:
        ExperimentError: If a preset is not known.
        SynthError: If a parameter is not known, or none is left free.
    """
    key = start or run.best()
    if key is None:
        raise ExperimentError("There is no sound to search on from yet.")
    config = run.config
    synth = _synth(run, key, locked)
    studio = own_folder(folder / "studio")
    starts = []
    for number, each in enumerate(dict.fromkeys([key, *liked])):
        path = studio / f"start-{number:02d}.json"
        preset = Preset(f"start {number}", run.setup.synth.name, run.values(each))
        preset.write(path, run.setup.synth.space)
        starts.append(path.resolve())
    search = config.search.model_copy(
        update={"initial": starts, "renders": renders, "seconds": None, "generations": None}
    )
    target = config.target
    if target.path is not None:
        target = target.model_copy(update={"path": _copied(target.path, studio)})
    paths = tuple(_copied(path, studio) for path in target.paths)
    target = target.model_copy(update={"paths": paths})
    return config.model_copy(update={"synth": synth, "search": search, "target": target})


def _synth(run: OpenRun, key: str, locked: Sequence[str]) -> SynthConfig:
    """Lock some more parameters at their values in a preset."""
    space, values = run.setup.synth.space, run.values(key)
    positions = [space.index(name) for name in locked]
    fixed = {space.names[place] for place in positions}
    before = run.config.synth
    synth = before.model_copy(
        update={
            "lock": before.lock
            | {space.names[place]: {"normalised": float(values[place])} for place in positions},
            "free": [name for name in run.setup.subspace.names if name not in fixed],
            "limit": {
                pattern: limit
                for pattern, limit in before.limit.items()
                if not fixed & set(fnmatch.filter(space.names, pattern))
            },
        }
    )
    synth.subspace(space)  # refuses when nothing is left free
    return synth


def _copied(path: Path, studio: Path) -> Path:
    return Path(shutil.copyfile(path, studio / path.name)).resolve()
