"""The folder of one run: who may write to it, and what lies where."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.folder_lock import locked
from patchwright.synths.yaml_file import read_yaml


class RunFolder:
    """Paths inside a run's folder.

    Args:
        path: Of the folder.
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
        self.synth = path / "synth.yaml"
        self.front = path / "front"
        self.report = path / "report.html"

    def native_preset(self, suffix: str) -> Path:
        """The best preset in the synth's own format."""
        return self.path / f"best{suffix}"

    @property
    def resume_command(self) -> str:
        """What to type to go on with the run."""
        return shlex.join(
            ["patchwright", "run", str(self.config), "--out", str(self.path), "--resume"]
        )

    @contextmanager
    def claim(
        self, config: ExperimentConfig, record: dict[str, Any], *, resume: bool
    ) -> Iterator[None]:
        """Take the folder for one run, and keep other processes out while it lasts.

        Args:
            config: Of the run.
            record: What else the run depends on: versions and the target's bytes.
            resume: Go on with the run that the folder holds, if it holds one.

        Raises:
            ExperimentError: If the folder cannot be used, holds something else, or the run in it
                is another one.
        """
        with locked(self.path):
            self._check(config, record, resume=resume)
            yield

    def _check(self, config: ExperimentConfig, record: dict[str, Any], *, resume: bool) -> None:
        if not self.config.exists():
            strangers = [p for p in self.path.iterdir() if p.name not in (".lock", "run.yaml.part")]
            if strangers:
                raise ExperimentError(
                    f"{self.path} is not empty and holds no run: give another --out."
                )
            content = config.model_dump(mode="json") | {"record": record}
            write_text(self.config, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
            return
        if not resume:
            raise ExperimentError(
                f"{self.path} holds another run: give another --out, or --resume to go on with it."
            )
        before = read_yaml(self.config)
        begun = check_experiment(before, str(self.config))
        differing = _differences(begun.model_dump(mode="json"), config.model_dump(mode="json"))
        differing += _differences(before.get("record", {}), record)
        if differing:
            raise ExperimentError(
                f"The run in {self.path} was begun with another {' and '.join(differing)}: resume "
                f"it with '{self.resume_command}', or give "
                "another --out."
            )


def new_folder(parent: Path, name: str) -> Path:
    """Name a folder that is not there yet: `name`, or `name-2`, `name-3` and so on."""
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(path.name + ".part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def _differences(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append(prefix + key)
    return found
