"""Suites in YAML: defaults, targets and a sweep, expanded to runs."""

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, assign
from patchwright.experiments.config.model import unknown_key
from patchwright.experiments.config.overrides import read_assignment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite.alternatives import MAX_RUNS, alternatives, label, targets
from patchwright.experiments.suite.parts import CheckedParts
from patchwright.synths import SynthError
from patchwright.synths.whole_file import safe_name
from patchwright.synths.yaml_file import read_yaml

_KEYS = ("name", "defaults", "targets", "sweep")
_MERGED = ("target", "search")  # mappings under other keys replace the default
_NOTES = ("note", "duration", "notes", "midi")
_ID_LENGTH = 150


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """Run of a suite.

    Attributes:
        id: Name of its folder: its labels and the first digits of `sha256`.
        sha256: Hash of its config, with files by their contents.
        labels: Labels for tables: ``target``, ``synth``, ``method``, ``seed``, and every other key
            of the sweep.
        config: Config of the run.
    """

    id: str
    sha256: str
    labels: dict[str, str]
    config: ExperimentConfig


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Set of runs from one YAML file.

    Attributes:
        name: Name of the suite.
        runs: Distinct runs in the order of the file.
    """

    name: str
    runs: tuple[SuiteRun, ...]


def is_suite(path: Path) -> bool:
    """Return whether a YAML file holds a suite rather than an experiment.

    Raises:
        SynthError: If the file cannot be read.
    """
    return not {"defaults", "targets", "sweep"}.isdisjoint(read_yaml(path))


def read_suite(path: Path, overrides: Sequence[str] = ()) -> Suite:
    """Read a suite from a YAML file.

    Args:
        path: YAML file.
        overrides: Assignments such as ``search.renders=100`` for every run, which take precedence
            over the sweep; ``targets``, ``sweep`` and the other keys of a suite are replaced.

    Returns:
        Suite; combinations that give the same config are one run.

    Raises:
        ExperimentError: If the suite or one of its runs is wrong.
        SynthError: If the file is not YAML.

    Examples:
        ::

            suite = read_suite(Path("suite.yaml"), ["search.renders=500"])
            print([run.id for run in suite.runs])
    """
    return make_suite(read_yaml(path), path, overrides)


def make_suite(content: Mapping[str, Any], path: Path, overrides: Sequence[str] = ()) -> Suite:
    """Expand a suite given as a mapping.

    Args:
        content: Mapping, as read from YAML.
        path: YAML file, whose folder relative paths refer to.
        overrides: Assignments for every run; see `read_suite`.

    Raises:
        ExperimentError: If the suite or one of its runs is wrong.

    Examples:
        >>> content = {"targets": [{"random": "0..1"}], "sweep": {"search.method": ["cmaes", "de"]}}
        >>> [run.labels["method"] for run in make_suite(content, Path("suite.yaml")).runs]
        ['cmaes', 'de', 'cmaes', 'de']
    """
    assigned = [read_assignment(text) for text in overrides]
    content = dict(content) | {key: value for key, value in assigned if key in _KEYS}
    assigned = [(key, value) for key, value in assigned if key not in _KEYS]
    for key in content:
        if key not in _KEYS:
            raise ExperimentError(f"{path}: {unknown_key(str(key), _KEYS, of='a suite')}")
    folder = path.absolute().parent
    try:
        axes = _axes(content, folder)
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}") from error
    count = math.prod(len(values) for values in axes.values())
    if count > MAX_RUNS:
        raise ExperimentError(
            f"{path} expands to {count:,} runs: shorten its lists, to at most {MAX_RUNS:,} runs."
        )
    defaults = content.get("defaults") or {}
    parts = CheckedParts(folder)
    runs: dict[str, SuiteRun] = {}
    for row in itertools.product(*axes.values()):
        chosen = dict(zip(axes, row, strict=True))
        where = ", ".join(f"{key} {label(value)}" for key, value in chosen.items())
        try:
            config = parts.experiment(_combined(defaults, chosen, assigned), where or "all runs")
        except (ExperimentError, SynthError) as error:
            raise ExperimentError(f"{path}: {error}") from error
        standing = {key: value for key, value in chosen.items() if _stands(key, value, overrides)}
        labels = _labels(config, standing)
        sha256 = parts.sha256(config)
        run_id = f"{safe_name('-'.join(labels.values()), length=_ID_LENGTH)}-{sha256[:8]}"
        run = SuiteRun(id=run_id, sha256=sha256, labels=labels, config=config)
        runs.setdefault(run_id, run)
    name = safe_name(str(content.get("name") or path.stem), distinct=True)
    return Suite(name=name, runs=tuple(runs.values()))


def _axes(content: Mapping[str, Any], folder: Path) -> dict[str, list[Any]]:
    for key in ("defaults", "sweep"):
        if not isinstance(content.get(key) or {}, dict):
            raise ExperimentError(f"{key} must hold keys and values, such as 'seed: 0'.")
    axes: dict[str, list[Any]] = {}
    listed = content.get("targets") or []
    if not isinstance(listed, list):
        raise ExperimentError("targets must be a list: begin each target with '- '.")
    if listed:
        axes["target"] = [target for entry in listed for target in targets(entry, folder)]
    for key, value in (content.get("sweep") or {}).items():
        if key == "target":
            raise ExperimentError("sweep.target is not allowed: list the targets under targets.")
        axes[str(key)] = alternatives(value)
    if "performance" in axes:  # last, so that it overrides the notes of a target
        axes["performance"] = axes.pop("performance")
    return axes


def _combined(
    defaults: dict[str, Any], chosen: Mapping[str, Any], assigned: Sequence[tuple[str, Any]]
) -> dict[str, Any]:
    """Combine an experiment from defaults, choices of the sweep and overrides, the last winning."""
    content = copy.deepcopy(defaults)
    for key, value in chosen.items():
        if key == "performance":
            if not isinstance(value, Mapping):
                raise ExperimentError(
                    f"sweep.performance: {value!r} is not a mapping such as {{note: 60}}."
                )
            target = dict(content.get("target") or {})
            if set(_NOTES) & set(value):
                target = {name: given for name, given in target.items() if name not in _NOTES}
            content["target"] = target | dict(value)
        elif key in _MERGED and isinstance(value, Mapping):
            content[key] = dict(content.get(key) or {}) | dict(value)
        else:
            assign(content, key, copy.deepcopy(value), source=f"sweep.{key}")
    for key, value in assigned:
        assign(content, key, copy.deepcopy(value), source=f"--set {key}")
    return content


def _stands(key: str, value: Any, overrides: Sequence[str]) -> bool:
    """Return whether no override changes a choice of the sweep."""
    for text in overrides:
        changed = text.partition("=")[0]
        inner = changed.removeprefix(f"{key}.").split(".")[0]
        within = changed.startswith(f"{key}.") and isinstance(value, Mapping) and inner in value
        if within or f"{key}.".startswith(f"{changed}."):
            return False
    return True


def _labels(config: ExperimentConfig, chosen: Mapping[str, Any]) -> dict[str, str]:
    others = {key: label(value) for key, value in chosen.items()}
    labels = {"target": others.pop("target", config.target.name)}
    if "performance" in others:
        labels["performance"] = others.pop("performance")
    labels["synth"] = others.pop("synth", Path(config.synth.name).stem)
    others.pop("search.method", None)
    labels["method"] = others.pop("search", config.search.method)
    others.pop("seed", None)
    return {**labels, **others, "seed": str(config.seed)}
