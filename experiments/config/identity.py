"""What an experiment is, wherever it lies: its config, in which files stand by their contents."""

import hashlib
import json
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig


def config_sha256(config: ExperimentConfig) -> str:
    """Hash a config; equal on machines that keep the same files in other places."""
    text = json.dumps(config.model_dump(), default=_stamp, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def input_files(config: ExperimentConfig) -> list[Path]:
    """List the files that a config names, whether they are there or not."""
    found: list[Path] = []

    def keep(value: object) -> str:
        if isinstance(value, Path):
            found.append(value)
        return str(value)

    json.dumps(config.model_dump(), default=keep)
    return found


def file_sha256(path: Path) -> str | None:
    """Hash what a file holds; None if it is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _stamp(value: object) -> str:
    return (file_sha256(value) if isinstance(value, Path) else None) or str(value)
