"""Hash of an experiment that does not depend on where its files are."""

import hashlib
import json
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig
from patchwright.synths.outside_file import is_file


def config_sha256(config: ExperimentConfig, known: dict[Path, str | None] | None = None) -> str:
    """Hash a config; files count by their contents, not by their paths.

    Args:
        config: Config of an experiment.
        known: Hashes of files that were read before, to which those of other files are added;
            all files are read if None.
    """
    hashes = {} if known is None else known

    def stamp(value: object) -> str:
        if not isinstance(value, Path):
            return str(value)
        if value not in hashes:
            hashes[value] = file_sha256(value)
        return hashes[value] or str(value)

    text = json.dumps(config.model_dump(), default=stamp, sort_keys=True)
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
    return hashlib.sha256(path.read_bytes()).hexdigest() if is_file(path) else None
