"""A suite as YAML: defaults, targets and a sweep, and the runs that they stand for."""

import copy
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import (
    ExperimentConfig,
    assign,
    beside_folder,
    check_experiment,
    override,
)
from patchwright.experiments.config.experiment import resolve_files
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.config.model import unknown_key
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite.alternatives import MOST, alternatives, label, targets
from patchwright.objectives import OBJECTIVES
from patchwright.search import OPTIMIZERS
from patchwright.synths import SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.address import is_plugin
from patchwright.synths.presets.files import check_preset
from patchwright.synths.yaml_file import read_yaml

_KEYS = ("name", "defaults", "targets", "sweep")
_MERGED = ("target", "search")  # alternatives of the others take the place of the default
_NOTES = ("note", "duration", "notes", "midi")
_ID_LENGTH = 150


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """One run of a suite.

    Attributes:
        id: Name of its folder: what it is, and the first digits of `sha256`.
        sha256: Of its config, in which files stand by their contents.
        labels: What it is called in tables: ``target``, ``synth``, ``method``, ``seed``, and every
            other key of the sweep.
        config: What it does.
    """

    id: str
    sha256: str
    labels: dict[str, str]
    config: ExperimentConfig


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Runs that belong together.

    Attributes:
        name: Of the suite.
        runs: Each of them once.
    """

    name: str
    runs: tuple[SuiteRun, ...]


def is_suite(path: Path) -> bool:
    """Whether a YAML file holds a suite, not an experiment.

    Raises:
        SynthError: If it cannot be read.
    """
    return not {"defaults", "targets", "sweep"}.isdisjoint(read_yaml(path))


def read_suite(path: Path, overrides: Sequence[str] = ()) -> Suite:
    """Read a suite.

    Args:
        path: Of a YAML file.
        overrides: Such as ``search.renders=100``, for every run, whatever the sweep says.

    Returns:
        Its runs, in the order of the file; combinations that come to the same are one run.

    Raises:
        ExperimentError: If the suite, or one of its runs, is wrong.
        SynthError: If the file is not YAML.
    """
    return make_suite(read_yaml(path), path, overrides)


def make_suite(content: Mapping[str, Any], path: Path, overrides: Sequence[str] = ()) -> Suite:
    """Expand a suite that is given as a mapping.

    Args:
        content: As read from YAML.
        path: Its file, which others lie beside.
        overrides: See `read_suite`.

    Raises:
        ExperimentError: If the suite, or one of its runs, is wrong.
    """
    for key in content:
        if key not in _KEYS:
            raise ExperimentError(f"{path}: {unknown_key(str(key), _KEYS, of='a suite')}")
    folder = path.absolute().parent
    try:
        axes = _axes(content, folder)
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}") from error
    count = math.prod(len(values) for values in axes.values())
    if count > MOST:
        raise ExperimentError(f"{path} stands for {count:,} runs: sweep up to {MOST:,}.")
    defaults = content.get("defaults") or {}
    runs: dict[str, SuiteRun] = {}
    for row in itertools.product(*axes.values()):
        chosen = dict(zip(axes, row, strict=True))
        where = ", ".join(f"{key} {label(value)}" for key, value in chosen.items())
        try:
            combined = resolve_files(_combined(defaults, chosen, overrides), folder)
            config = beside_folder(check_experiment(combined, where or "all runs"), folder)
            _check_names(config)
            if config.search.store is not None:
                raise ExperimentError(
                    "search.store makes runs depend on those before them: leave it out of a "
                    "suite, or run the experiments one by one."
                )
        except (ExperimentError, SynthError) as error:
            raise ExperimentError(f"{path}: {error}") from error
        standing = {key: value for key, value in chosen.items() if _stands(key, value, overrides)}
        labels = _labels(config, standing)
        sha256 = config_sha256(config)
        run_id = f"{_word('-'.join(labels.values()))[:_ID_LENGTH]}-{sha256[:8]}"
        run = SuiteRun(id=run_id, sha256=sha256, labels=labels, config=config)
        runs.setdefault(config.model_dump_json(), run)
    return Suite(name=_word(str(content.get("name") or path.stem)), runs=tuple(runs.values()))


def _axes(content: Mapping[str, Any], folder: Path) -> dict[str, list[Any]]:
    for key in ("defaults", "sweep"):
        if not isinstance(content.get(key) or {}, dict):
            raise ExperimentError(f"{key} holds keys and values, such as 'seed: 0'.")
    axes: dict[str, list[Any]] = {}
    listed = content.get("targets") or []
    if not isinstance(listed, list):
        raise ExperimentError("targets is a list: begin each of them with '- '.")
    if listed:
        axes["target"] = [target for entry in listed for target in targets(entry, folder)]
    for key, value in (content.get("sweep") or {}).items():
        if key == "target":
            raise ExperimentError("sweep.target: list them under targets.")
        axes[str(key)] = alternatives(value)
    if "performance" in axes:  # over what is told of the target
        axes["performance"] = axes.pop("performance")
    return axes


def _combined(
    defaults: dict[str, Any], chosen: Mapping[str, Any], overrides: Sequence[str]
) -> dict[str, Any]:
    """One experiment: the defaults, over them the sweep's choices, over them the command line's."""
    content = copy.deepcopy(defaults)
    for key, value in chosen.items():
        if key == "performance":
            if not isinstance(value, Mapping):
                raise ExperimentError(f"sweep.performance: {value!r} is no mapping: {{note: 60}}.")
            target = dict(content.get("target") or {})
            if set(_NOTES) & set(value):
                target = {name: told for name, told in target.items() if name not in _NOTES}
            content["target"] = target | dict(value)
        elif key in _MERGED and isinstance(value, Mapping):
            content[key] = dict(content.get(key) or {}) | dict(value)
        else:
            assign(content, key, copy.deepcopy(value), source=f"sweep.{key}")
    for text in overrides:
        override(content, text)
    return content


def _stands(key: str, value: Any, overrides: Sequence[str]) -> bool:
    """Whether the command line leaves a choice of the sweep as it is."""
    for text in overrides:
        told = text.partition("=")[0]
        inner = told.removeprefix(f"{key}.").split(".")[0]
        within = told.startswith(f"{key}.") and isinstance(value, Mapping) and inner in value
        if within or f"{key}.".startswith(f"{told}."):
            return False
    return True


def _labels(config: ExperimentConfig, chosen: Mapping[str, Any]) -> dict[str, str]:
    told = {key: label(value) for key, value in chosen.items()}
    labels = {"target": told.pop("target", config.target.name)}
    if "performance" in told:
        labels["performance"] = told.pop("performance")
    labels["synth"] = told.pop("synth", Path(config.synth.name).stem)
    told.pop("search.method", None)
    labels["method"] = told.pop("search", config.search.method)
    told.pop("seed", None)
    return {**labels, **told, "seed": str(config.seed)}


def _check_names(config: ExperimentConfig) -> None:
    """Refuse misspelt names before anything is run."""
    find("optimizer", config.search.method, OPTIMIZERS, config.search.options)
    for objective in config.objectives:
        find("objective", objective.name, OBJECTIVES, objective.options)
    for synth in (config.synth, config.target.synth):
        if synth is not None and synth.host is None and not is_plugin(synth.name):
            find("synth", synth.name, SYNTHS)
    preset = config.target.preset
    if preset is not None and preset.is_file():  # it may lie on the cluster's machines only
        check_preset(preset, config.target.program)


def _word(text: str) -> str:
    """Text as part of a file's name."""
    return re.sub(r"[^\w.+=-]+", "_", text)
