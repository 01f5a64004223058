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

    content = config.model_dump()
    models = _models(config)
    if models:
        content["models"] = models
    if config.target.paths:  # their names say what is played
        content["names"] = [path.name for path in config.target.paths]
    text = json.dumps(content, default=stamp, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def input_files(config: ExperimentConfig) -> list[Path]:
    """List the files that a config names, whether they exist or not."""
    files: list[Path] = []

    def collect(value: object) -> str:
        if isinstance(value, Path):
            files.append(value)
        return str(value)

    json.dumps([config.model_dump(), _models(config)], default=collect)
    return files


def _models(config: ExperimentConfig) -> list[Path]:
    """List the files of the models that a config names: of embeddings, and of the search."""
    finalists, search = config.search.finalists, config.search
    embeddings = [] if finalists == "auto" else [*finalists]
    embeddings += [
        str(o.options["embedding"]) for o in config.objectives if "embedding" in o.options
    ]
    named = (name for name in (search.model, search.estimator) if name not in ("auto", "none"))
    places = [Path(name) for name in named]
    if embeddings:
        from patchwright.objectives.embeddings import model_path  # here, because it loads torch

        places += [path for path in map(model_path, embeddings) if path is not None]
    return [file for place in places for file in _model_files(place)]


def _model_files(place: Path) -> list[Path]:
    try:
        inside = sorted(place.iterdir())
    except (OSError, ValueError):  # no folder
        return [place]
    return [path for path in inside if path.suffix in (".json", ".safetensors")]


def file_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None if it does not exist."""
    if not is_file(path):
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
