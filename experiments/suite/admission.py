"""Whether a worker of a cluster has all that the runs of a suite need."""

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


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What runs need of the machine that they are run on.

    Attributes:
        versions: Of Patchwright, Python and the libraries that bits depend on.
        files: Their SHA-256 by their names: those the runs read, and marks in shared folders.
        synths: That load.
        objectives: Whose libraries are installed.
        results: A database that can be reached.
    """

    versions: dict[str, str]
    files: dict[str, str]
    synths: tuple[SynthConfig, ...]
    objectives: tuple[ObjectiveConfig, ...]
    results: str | None


def needs_of(
    runs: Iterable[SuiteRun], folder: Path, *, results: str | None, study: str | None
) -> Needs:
    """Gather what runs need.

    Args:
        runs: Of a suite.
        folder: Of the suite; workers share it, unless the results are on a server.
        results: Database of results.
        study: Database of Optuna's.
    """
    configs = [run.config for run in runs]
    synths = [each for c in configs for each in (c.synth, c.target.synth) if each is not None]
    objectives = [objective for config in configs for objective in config.objectives]
    inputs = {path for config in configs for path in input_files(config)}
    urls = [read_address(place) for place in (results, study) if place is not None]
    shared = {Path(str(url.database)).parent for url in urls if url.get_backend_name() == "sqlite"}
    if results is None or shared:
        shared.add(folder.absolute())
    hashes = {path: file_sha256(path) for path in sorted(inputs | {_mark(at) for at in shared})}
    return Needs(
        versions=library_versions(),
        files={str(path): sha256 for path, sha256 in hashes.items() if sha256 is not None},
        synths=tuple({repr(synth): synth for synth in synths}.values()),
        objectives=tuple({repr(each): each for each in objectives}.values()),
        results=results,
    )


def lack(needs: Needs) -> str | None:
    """Say what this process lacks of what runs need, in a sentence; None if nothing."""
    for name, version in library_versions().items():
        if version != needs.versions[name]:
            return f"It has {name} {version}: install {needs.versions[name]}."
    for name, sha256 in needs.files.items():
        found = file_sha256(Path(name))
        if found != sha256:
            what = "There is no file" if found is None else "There is another file"
            return f"{what} {name}: share its folder with all workers."
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
        return f"{error.filename or ''}: {error.strerror or error}."
    return None


def _mark(folder: Path) -> Path:
    """Put a file into a folder by which it is known again."""
    mark = folder / ".shared"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), mark.open("x", encoding="utf-8") as file:
        file.write(uuid.uuid4().hex)
    return mark
