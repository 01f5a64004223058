"""A finished run, read back from its folder."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound import Sound, read_sound
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.summary import Record, Summary
from patchwright.experiments.records.trace import SearchTrace, TracePoint
from patchwright.synths import ParameterSpace, SynthError
from patchwright.synths.plugins.spec import read_space
from patchwright.synths.yaml_file import read_yaml

AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """The config and the numbers of a finished run.

    Attributes:
        folder: Folder of the run.
        config: Config of the run.
        summary: Contents of `summary.json`.
        trace: Contents of `search.json`.
    """

    folder: Path
    config: ExperimentConfig
    summary: Summary
    trace: SearchTrace

    @property
    def files(self) -> RunFolder:
        """Paths of the files in the folder."""
        return RunFolder(self.folder)

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.config.target.name

    @property
    def method(self) -> str:
        """Name of the method, with its options if any were set."""
        options = ", ".join(f"{key}={value}" for key, value in self.config.search.options.items())
        return f"{self.config.search.method}({options})" if options else self.config.search.method

    @property
    def objectives(self) -> list[str]:
        """Names of the distances that the search minimised, in order."""
        return list(self.summary.objectives)

    @property
    def history(self) -> list[TracePoint]:
        """States of the search after each generation."""
        return self.trace.history

    def space(self) -> ParameterSpace:
        """Read the parameters of the synth, as the run wrote them.

        Raises:
            ExperimentError: If their file is missing or damaged.
        """
        path = self.files.need(self.files.synth)
        try:
            return read_space(path)
        except SynthError as error:
            raise self.files.damaged(path) from error


@dataclass(frozen=True, eq=False)
class RunSounds:
    """The sounds of a finished run.

    Attributes:
        target: Sound that was matched.
        best: Render of the best preset.
        front: Renders of the kept presets of the front, by name, in the order of the trace.
    """

    target: Sound
    best: Sound
    front: dict[str, Sound]


def read_run(folder: Path) -> FinishedRun:
    """Read the config and the numbers of a finished run.

    Args:
        folder: Folder of the run.

    Raises:
        ExperimentError: If the run is not finished, or a file is missing, damaged or of another
            version.

    Examples:
        ::

            run = read_run(Path("runs/first"))
            print(run.summary.match, run.summary.numbers.hypervolume, run.history[-1].distance)
    """
    run = RunFolder(folder)
    if not run.config.is_file():
        raise ExperimentError(
            f"{run.config} is missing, so there is no run: name a folder that 'patchwright match' "
            "or 'patchwright run' wrote."
        )
    summary = read_record(run, run.summary, Summary)
    trace = read_record(run, run.search, SearchTrace)
    config = check_experiment(read_yaml(run.config), str(run.config))
    return FinishedRun(folder, config, summary, trace)


def read_sounds(run: FinishedRun) -> RunSounds:
    """Read the sounds of a finished run.

    Raises:
        ExperimentError: If a file of the run is missing or damaged.
    """
    folder, front = run.files, {}
    folder.need(folder.best_preset)
    for point in run.trace.front:
        folder.need(folder.front / f"{point.name}.json")
        front[point.name] = _read_sound(folder, folder.front / f"{point.name}.wav")
    return RunSounds(
        _read_sound(folder, folder.target), _read_sound(folder, folder.best_audio), front
    )


def read_record(folder: RunFolder, path: Path, model: type[AnyRecord]) -> AnyRecord:
    """Read one JSON file of a run.

    Args:
        folder: Folder of the run.
        path: File in it.
        model: Expected contents.

    Raises:
        ExperimentError: If it is missing, damaged or of another version.
    """
    content = folder.need(path).read_bytes()
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise folder.damaged(path) from error


def find_runs(folders: Iterable[Path]) -> Iterator[Path]:
    """Find the finished runs in folders.

    Args:
        folders: Folders of runs, or folders that contain runs at any depth.

    Yields:
        Folders of the runs, sorted within each folder.

    Raises:
        ExperimentError: If a folder contains none.
    """
    for folder in folders:
        runs = sorted(path.parent for path in folder.rglob("summary.json"))
        if not runs:
            raise ExperimentError(f"{folder} holds no finished run: name another folder.")
        yield from runs


def _read_sound(folder: RunFolder, path: Path) -> Sound:
    folder.need(path)
    try:
        return read_sound(path)
    except ValueError as error:
        raise folder.damaged(path) from error
