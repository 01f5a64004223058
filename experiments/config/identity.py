"""Hash of an experiment that does not depend on where its files are."""

import hashlib
import json
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig


def config_sha256(config: ExperimentConfig) -> str:
    """Hash a config; files count by their contents, not by their paths."""
    text = json.dumps(config.model_dump(), default=_stamp, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def input_files(config: ExperimentConfig) -> list[Path]:
    """List the files that a config names, whether they exist or not."""
    files: list[Path] = []

    def collect(value: object) -> str:
        if isinstance(value, Path):
            files.append(value)
        return str(value)

    json.dumps(config.model_dump(), default=collect)
    return files


def file_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None if it does not exist."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _stamp(value: object) -> str:
    return (file_sha256(value) if isinstance(value, Path) else None) or str(value)
