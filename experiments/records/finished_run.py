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
from patchwright.synths.outside_file import read_outside
from patchwright.synths.plugins.spec import read_space
from patchwright.synths.yaml_file import read_yaml

MAX_BYTES = 64 * 2**20  # of a file of a run

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
        """Name of the method, with its estimator and its options if any were set."""
        search = self.config.search
        given = [f"{key}={value}" for key, value in search.options.items()]
        if search.estimator != "auto":
            given.insert(0, Path(search.estimator).name)
        return f"{search.method}({', '.join(given)})" if given else search.method

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
    _check_names(run, config, summary, trace)
    return FinishedRun(folder, config, summary, trace)


def read_sounds(run: FinishedRun) -> RunSounds:
    """Read the sounds of a finished run.

    Raises:
        ExperimentError: If a file of the run is missing or damaged.
    """
    folder, front = run.files, {}
    _check_answer(run)
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
    content = read_outside(folder.need(path), kind="a file of a run", max_bytes=MAX_BYTES)
    try:
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:200]
        fault = f"{place}: {first['msg']}" if place else first["msg"]
        raise folder.damaged(path, fault[:400]) from error


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


def _check_names(
    run: RunFolder, config: ExperimentConfig, summary: Summary, trace: SearchTrace
) -> None:
    """Check that the files of a run are about the same objectives.

    Raises:
        ExperimentError: If a file names others.
    """
    names = set(summary.objectives)
    for path, field, found in _named(run, summary, trace):
        if {*found} != names:
            raise run.damaged(path, f"{field}: not the objectives of {run.summary.name}")
    for path, field, own, right in (
        (run.summary, "method", summary.method, config.search.method),
        (run.summary, "seed", summary.seed, config.seed),
    ):
        if own != right:
            raise run.damaged(path, f"{field}: not that of {run.config.name}")


def _check_answer(run: FinishedRun) -> None:
    """Check that a run has everything that is shown of its answer.

    Raises:
        ExperimentError: If something is missing.
    """
    files, summary, front = run.files, run.summary, run.trace.front
    if not front:
        raise files.damaged(files.search, "front: no preset")
    if run.trace.random.keys() != run.trace.scales.keys():
        raise files.damaged(files.search, "random: other names")
    for number, point in enumerate(front):
        if point.descriptors.keys() != summary.descriptors.keys():
            raise files.damaged(files.search, f"front.{number}.descriptors: other names")
    for field in ("random", "closer_than", "noise_floor"):
        for name in {**summary.objectives, **summary.metrics}:
            if name not in getattr(summary, field):
                raise files.damaged(files.summary, f"{field}: {name} is missing")


def _named(
    run: RunFolder, summary: Summary, trace: SearchTrace
) -> Iterator[tuple[Path, str, Iterable[str]]]:
    """Yield the file, the field and the names of every mapping by objective."""
    if summary.native is not None:
        yield run.summary, "native.objectives", summary.native.objectives
    yield run.search, "scales", trace.scales
    for number, state in enumerate(trace.history):
        yield run.search, f"history.{number}.best", state.best
    for number, point in enumerate(trace.front):
        yield run.search, f"front.{number}.scores", point.scores
        yield run.search, f"front.{number}.scaled", point.scaled


def _read_sound(folder: RunFolder, path: Path) -> Sound:
    folder.need(path)
    try:
        return read_sound(path)
    except ValueError as error:
        raise folder.damaged(path) from error
