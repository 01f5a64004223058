"""An experiment as YAML: what is matched, with which synth, by which search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from patchwright.experiments.config.descriptors import Bounds, check_bounds
from patchwright.experiments.config.model import Model, named
from patchwright.experiments.config.objective import ObjectiveConfig
from patchwright.experiments.config.overrides import override
from patchwright.experiments.config.search import SearchConfig
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.config.target import TargetConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import did_you_mean
from patchwright.synths.yaml_file import read_yaml

USUAL_OBJECTIVES = ("mrstft", "mfcc_mae", "envelope")

M = TypeVar("M", bound=BaseModel)


class ExperimentConfig(Model):
    """One run; two runs of equal configs end with the same bits.

    Attributes:
        target: What is matched.
        synth: What matches it.
        objectives: The distances that the search minimises.
        constraints: Least and greatest value of descriptors that the answer must have, such as
            ``{"loudness": (-30, None)}``.
        search: How it goes.
        sr: Sample rate of everything, in Hz.
        seed: Of every random choice.
        record: What a finished run notes of itself; not read.
    """

    target: TargetConfig
    synth: Annotated[SynthConfig, BeforeValidator(named)] = SynthConfig()
    objectives: list[Annotated[ObjectiveConfig, BeforeValidator(named)]] = Field(
        default=[ObjectiveConfig(name=name) for name in USUAL_OBJECTIVES], min_length=1
    )
    constraints: dict[str, Bounds] = Field(default={}, exclude_if=lambda bounds: not bounds)
    search: SearchConfig = SearchConfig()
    sr: int = Field(default=44_100, ge=8_000, le=192_000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    record: dict[str, Any] = Field(default={}, exclude=True)

    @field_validator("objectives")
    @classmethod
    def _distinct(cls, objectives: list[ObjectiveConfig]) -> list[ObjectiveConfig]:
        if len({objective.title for objective in objectives}) != len(objectives):
            raise ValueError("an objective is named twice: give one of the two a label")
        return objectives

    @field_validator("constraints")
    @classmethod
    def _possible(cls, constraints: dict[str, Bounds]) -> dict[str, Bounds]:
        check_bounds(constraints)
        return constraints


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> ExperimentConfig:
    """Read an experiment.

    Args:
        path: Of a YAML file.
        overrides: Such as ``search.method=cmaes``; the value is YAML.

    Returns:
        The checked config, its target's path resolved against the file's folder.

    Raises:
        ExperimentError: If an experiment or an override is wrong.
        SynthError: If the file is not YAML.
    """
    content = read_yaml(path)
    for text in overrides:
        override(content, text)
    for section, key in (("synth", "lock"), ("target", "midi")):
        inner = content.get(section)
        if isinstance(inner, dict) and isinstance(inner.get(key), str):
            beside = path.parent / inner[key]
            if beside.is_file():
                content[section] = inner | {key: str(beside)}
    return beside_folder(check_experiment(content, str(path)), path.parent)


def beside_folder(config: ExperimentConfig, folder: Path) -> ExperimentConfig:
    """Make relative paths absolute, so that a run can be resumed from anywhere.

    Args:
        config: Of an experiment.
        folder: That the paths are relative to.

    Returns:
        The same config with absolute paths.
    """
    synth, target = config.synth, config.target
    sound = _absolute(target, folder, "path", "preset")
    if target.synth is not None:
        played = _absolute(target.synth, folder, "spec", "state")
        sound = sound.model_copy(update={"synth": played})
    starts = [(folder / path).resolve() for path in config.search.initial]
    return config.model_copy(
        update={
            "target": sound,
            "synth": _absolute(synth, folder, "spec", "state"),
            "search": _absolute(config.search, folder, "store").model_copy(
                update={"initial": starts}
            ),
        }
    )


def _absolute(config: M, folder: Path, *keys: str) -> M:
    files = {key: getattr(config, key) for key in keys}
    return config.model_copy(
        update={key: (folder / file).resolve() for key, file in files.items() if file is not None}
    )


def check_experiment(content: dict[str, Any], source: str) -> ExperimentConfig:
    """Check an experiment given as a mapping.

    Args:
        content: As read from YAML.
        source: Named in errors.

    Returns:
        The config.

    Raises:
        ExperimentError: At the first thing wrong.
    """
    try:
        return ExperimentConfig.model_validate(content)
    except ValidationError as error:
        raise ExperimentError(f"{source}: {_sentence(error)}") from error


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        models: dict[str, type[Model]] = {
            "target": TargetConfig,
            "synth": SynthConfig,
            "search": SearchConfig,
            "objectives": ObjectiveConfig,
        }
        fields = models.get(path[0] if len(path) > 1 else "", ExperimentConfig).model_fields
        return f"{where} is not a key; {did_you_mean(path[-1], fields)}"
    if first["type"] == "missing":
        return f"{where} is missing: give it a value."
    told = first["msg"].removeprefix("Value error, ")
    return f"{where or 'it'} is wrong: {told}{'' if told.endswith(('.', '?')) else '.'}"
