"""A finished run, read back from its folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound import Sound, read_sound
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.synths import ParameterSpace, SynthError
from patchwright.synths.plugins.spec import read_space
from patchwright.synths.yaml_file import read_yaml

_SUMMARY = {
    *(
        "target",
        "synth",
        "free",
        "method",
        "chose",
        "seed",
        "renders",
        "generations",
        "seconds",
        "stopped",
    ),
    *("objectives", "random", "match", "metrics", "closer_than", "noise_floor"),
    *("verified", "statuses", "native", "parameters", "preset", "versions"),
}
_SEARCH = {"scales", "random", "history", "front", "front_size"}


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """What a run left behind.

    Attributes:
        config: Of the run.
        config_text: The same as it was written.
        summary: What `summary.json` holds.
        search: What `search.json` holds.
        target: The recording.
        best: The render of the best preset.
        best_preset: Its file.
        space: Of the synth's parameters, as they were.
        front: The renders of the kept part of the front, by name, in the order of `search`.
    """

    config: ExperimentConfig
    config_text: str
    summary: dict[str, Any]
    search: dict[str, Any]
    target: Sound
    best: Sound
    best_preset: Path
    space: ParameterSpace
    front: dict[str, Sound]

    @property
    def objectives(self) -> list[str]:
        """Names of the distances that the search minimised, in order."""
        return list(self.summary["objectives"])


def read_run(folder: RunFolder) -> FinishedRun:
    """Read a finished run.

    Raises:
        ExperimentError: If a file is missing or damaged; the message names the mend.
    """
    if not folder.config.is_file():
        raise ExperimentError(
            f"{folder.config} is missing, so there is no run to report: name the folder that "
            "'patchwright match' or 'patchwright run' wrote."
        )
    summary, search = read_numbers(folder)
    _need(folder, folder.best_preset)
    front = {}
    for point in search["front"]:
        _need(folder, folder.front / f"{point['name']}.json")
        front[point["name"]] = _read_sound(folder, folder.front / f"{point['name']}.wav")
    return FinishedRun(
        config=check_experiment(read_yaml(folder.config), str(folder.config)),
        config_text=folder.config.read_text(encoding="utf-8"),
        summary=summary,
        search=search,
        target=_read_sound(folder, folder.target),
        best=_read_sound(folder, folder.best_audio),
        best_preset=folder.best_preset,
        space=_read_space(folder),
        front=front,
    )


def read_numbers(folder: RunFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the summary of a finished run, and what is known of its search.

    Raises:
        ExperimentError: If a file is missing, damaged or of another version.
    """
    return (
        _read_json(folder, folder.summary, _SUMMARY),
        _read_json(folder, folder.search, _SEARCH),
    )


def _read_json(folder: RunFolder, path: Path, keys: set[str]) -> dict[str, Any]:
    _need(folder, path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ExperimentError(f"{path} is damaged: {_mend(folder)}") from error
    if not isinstance(content, dict) or keys - content.keys():
        raise ExperimentError(f"{path} is damaged, or of another version: {_mend(folder)}")
    return content


def _read_space(folder: RunFolder) -> ParameterSpace:
    _need(folder, folder.synth)
    try:
        return read_space(folder.synth)
    except SynthError as error:
        raise ExperimentError(f"{folder.synth} is damaged: {_mend(folder)}") from error


def _read_sound(folder: RunFolder, path: Path) -> Sound:
    _need(folder, path)
    try:
        return read_sound(path)
    except ValueError as error:
        raise ExperimentError(f"{path} is damaged: {_mend(folder)}") from error


def _need(folder: RunFolder, path: Path) -> None:
    if not path.is_file():
        raise ExperimentError(f"{path} is missing: {_mend(folder)}")


def _mend(folder: RunFolder) -> str:
    return f"run it to the end first with '{folder.resume_command}'."
