"""The folder of one run: the paths in it, and the lock that one process holds on it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.summary import Record
from patchwright.experiments.terminal.command_line import Option, command_line
from patchwright.experiments.terminal.plain_text import encodable, shown
from patchwright.synths.whole_file import whole_file
from patchwright.synths.yaml_file import read_yaml

_BEFORE = (".lock", "run.yaml.part", "studio")  # what a folder may hold before its run begins


class RunInputs(Record):
    """Inputs of a run in addition to its config; `record` in `run.yaml`.

    Attributes:
        target_sha256: Hash of the target.
        versions: Versions that the bits depend on.
    """

    target_sha256: str
    versions: dict[str, str]


class RunFolder:
    """Paths inside a run's folder.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "run.yaml"
        self.evaluations = path / "evaluations"
        self.search = path / "search.json"
        self.summary = path / "summary.json"
        self.target = path / "target.wav"
        self.best_audio = path / "best.wav"
        self.best_preset = path / "best.json"
        self.script = path / "best.py"
        self.instrument_preset = path / "best-instrument.json"
        self.synth = path / "synth.yaml"
        self.front = path / "front"
        self.report = path / "report.html"
        self.studio = path / "studio"
        self.installed = path / "installed.json"

    @property
    def takes(self) -> Path:
        """Folder of what a hardware synth played, a recording for each preset."""
        return self.path / "takes"

    def native_preset(self, suffix: str) -> Path:
        """Path of the best preset in the synth's own format."""
        return self.path / f"best{suffix}"

    def need(self, path: Path) -> Path:
        """Return a file of the finished run.

        Raises:
            ExperimentError: If it is missing.
        """
        if not path.is_file():
            raise ExperimentError(f"{path} is missing: {self._mend}")
        return path

    def damaged(self, path: Path, fault: str = "") -> ExperimentError:
        """Make the error for a file of the run that cannot be read.

        Args:
            path: File of the run.
            fault: What is wrong with it, if that is known.
        """
        known = f" ({shown(fault).replace(': ', ', ')})" if fault else ""
        return ExperimentError(f"{path} is damaged, or of another version{known}: {self._mend}")

    @property
    def _mend(self) -> str:
        return (
            f"run it to the end first with '{self.resume_command()}', and with its --results and "
            "--study, if it has them."
        )

    def resume_command(self, **options: Option) -> str:
        """Return the command line that continues the run, with passwords masked.

        Args:
            **options: Options of the command `run` besides ``out`` and ``resume``, which the folder
                does not remember.
        """
        return command_line("run", self.config, out=self.path, resume=True, **options)

    @contextmanager
    def claim(self, config: ExperimentConfig, inputs: RunInputs, *, resume: bool) -> Iterator[None]:
        """Reserve the folder for a run, and keep other processes out until it ends.

        Args:
            config: Config of the run.
            inputs: Further inputs of the run.
            resume: Continue the run that the folder holds, if it holds one.

        Raises:
            ExperimentError: If the folder cannot be used or holds something else, or if its run
                was begun with other inputs.
        """
        with locked(self.path):
            self._check(config, inputs, resume=resume)
            yield

    def _check(self, config: ExperimentConfig, inputs: RunInputs, *, resume: bool) -> None:
        if not self.config.exists():
            others = [p for p in self.path.iterdir() if p.name not in _BEFORE]
            if others:
                raise ExperimentError(
                    f"{self.path} is not empty and does not hold a run: give another --out."
                )
            content = config.model_dump(mode="json") | {"record": inputs.model_dump()}
            write_text(self.config, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
            return
        if not resume:
            raise ExperimentError(
                f"{self.path} already holds a run: give another --out, or --resume to continue it."
            )
        before = read_yaml(self.config)
        old = check_experiment(before, str(self.config))
        differing = _differences(old.model_dump(mode="json"), config.model_dump(mode="json"))
        differing += _differences(before.get("record", {}), inputs.model_dump())
        if differing:
            raise ExperimentError(
                f"The run in {self.path} was begun with another {' and '.join(differing)}: resume "
                f"it with '{self.resume_command()}', and with its --results and --study, if it has "
                "them, or give another --out."
            )


def new_folder(parent: Path, name: str) -> Path:
    """Return a folder that does not exist yet: `name`, or `name-2`, `name-3` and so on."""
    path, number = parent / name, 1
    while os.path.lexists(path):
        number += 1
        path = parent / f"{name}-{number}"
    return path


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(encodable(text), encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all.

    Args:
        path: File to write.
        content: A record, or any value that `json.dumps` accepts.
    """
    plain = content.model_dump(mode="json") if isinstance(content, Record) else content
    write_text(path, json.dumps(plain, indent=2, allow_nan=False) + "\n")


def _differences(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """Return the dotted keys whose values differ."""
    differing: list[str] = []
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            differing += _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            differing.append(prefix + key)
    return differing
