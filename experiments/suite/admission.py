"""Admission of a cluster's workers: each must have everything that the runs of a suite need."""

import contextlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from patchwright.experiments.config import ObjectiveConfig, SynthConfig
from patchwright.experiments.config.identity import file_sha256, input_files
from patchwright.experiments.database import open_database
from patchwright.experiments.database.address import read_address
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.match.setup import open_objective
from patchwright.experiments.records.versions import library_versions
from patchwright.experiments.suite.config import SuiteRun
from patchwright.objectives import ObjectiveError
from patchwright.synths import SynthError
from patchwright.synths.plugins.platform import shortage


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Requirements of runs on the machine of a worker.

    Attributes:
        versions: Versions of Patchwright, Python and the libraries that affect the bits.
        files: SHA-256 of the files that the runs read, and of the markers in shared folders.
        synths: Synths that must load.
        objectives: Objectives whose libraries must be installed.
        results: Results database that must be reachable; None if unused.
    """

    versions: dict[str, str]
    files: dict[str, str]
    synths: tuple[SynthConfig, ...]
    objectives: tuple[ObjectiveConfig, ...]
    results: str | None


def needs_of(
    runs: Iterable[SuiteRun], folder: Path, *, results: str | None, study: str | None
) -> Needs:
    """Collect the requirements of runs.

    Args:
        runs: Runs of a suite.
        folder: Folder of the suite, which workers share unless the results are on a server.
        results: Results database; None if unused.
        study: Optuna database; None if unused.
    """
    configs = [run.config for run in runs]
    synths = [each for c in configs for each in (c.synth, c.target.synth) if each is not None]
    objectives = [objective for config in configs for objective in config.objectives]
    inputs = {path for config in configs for path in input_files(config)}
    urls = [read_address(place) for place in (results, study) if place is not None]
    shared = {Path(str(url.database)).parent for url in urls if url.get_backend_name() == "sqlite"}
    if results is None or shared:
        shared.add(folder.absolute())
    hashes = {path: file_sha256(path) for path in sorted(inputs | {*map(_marker, shared)})}
    return Needs(
        versions=library_versions(),
        files={str(path): sha256 for path, sha256 in hashes.items() if sha256 is not None},
        synths=tuple({repr(synth): synth for synth in synths}.values()),
        objectives=tuple({repr(each): each for each in objectives}.values()),
        results=results,
    )


def unmet_need(needs: Needs) -> str | None:
    """Return a sentence on the first requirement that this process does not meet, or None."""
    installed = library_versions()
    for name in {**installed, **needs.versions}:
        version, needed = installed.get(name), needs.versions.get(name)
        if version != needed:
            found = f"{name} {version}" if version else f"no {name}"
            return f"It has {found}: {f'install {needed}' if needed else 'uninstall it'}."
    for name, sha256 in needs.files.items():
        own = file_sha256(Path(name))
        if own != sha256:
            fault = "There is no file" if own is None else "There is a different file"
            return f"{fault} {name}: share its folder with all workers."
    try:
        for synth in needs.synths:
            open_synth(synth).close()
        for objective in needs.objectives:
            open_objective(objective)
        if needs.results is not None:
            open_database(needs.results)
    except (ExperimentError, SynthError, ObjectiveError) as error:
        return str(error)
    except OSError as error:
        return shortage(error) or f"{error.filename or ''}: {error.strerror or error}."
    return None


def _marker(folder: Path) -> Path:
    """Put a file with a unique content into a folder, so that workers can recognise it."""
    marker = folder / ".shared"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), marker.open("x", encoding="utf-8") as file:
        file.write(uuid.uuid4().hex)
    return marker
