"""What a finished run found, without its sounds: what is compared, and kept in the database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import read_numbers
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.synths.yaml_file import read_yaml


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A finished run.

    Attributes:
        folder: Where it lies.
        config: What it was told to do.
        summary: What `summary.json` holds.
        history: The state after each generation: ``renders``, ``seconds``, ``best`` by objective,
            ``distance`` and ``hypervolume``; see `search.Generation`.
    """

    folder: Path
    config: ExperimentConfig
    summary: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.config.target.name

    @property
    def method(self) -> str:
        """Name of the method, with its options if it was given any."""
        options = ", ".join(f"{key}={value}" for key, value in self.config.search.options.items())
        return f"{self.config.search.method}({options})" if options else self.config.search.method


def read_record(folder: Path) -> RunRecord:
    """Read a finished run.

    Raises:
        ExperimentError: If the run is not finished, or a file is missing or damaged.
    """
    run = RunFolder(folder)
    if not run.config.is_file():
        raise ExperimentError(f"{folder} holds no run: name the folder of one, or of a suite.")
    summary, search = read_numbers(run)
    config = check_experiment(read_yaml(run.config), str(run.config))
    return RunRecord(folder, config, summary, search["history"])


def find_runs(folders: Iterable[Path]) -> Iterator[Path]:
    """Find the finished runs in folders: each is a run, or holds runs at any depth.

    Yields:
        Their folders, in the order of their names.

    Raises:
        ExperimentError: If a folder holds none.
    """
    for folder in folders:
        found = sorted(path.parent for path in folder.rglob("summary.json"))
        if not found:
            raise ExperimentError(f"{folder} holds no finished run: name another folder.")
        yield from found
