"""Config of an experiment: target, synth, objectives and search."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from patchwright.experiments.config.descriptors import Bounds, check_bounds
from patchwright.experiments.config.model import Model, check, expand_name
from patchwright.experiments.config.objective import ObjectiveConfig, expand_set_names
from patchwright.experiments.config.overrides import override
from patchwright.experiments.config.search import SearchConfig
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.config.target import TargetConfig
from patchwright.objectives.sets import OBJECTIVE_SETS
from patchwright.synths.hardware.spec import shipped_specs
from patchwright.synths.outside_file import is_file
from patchwright.synths.priors.names import CARD
from patchwright.synths.yaml_file import read_yaml

FILE_KEYS = ("path", "paths", "dry", "preset", "midi", "spec", "state", "lock")
"""Keys whose values may name files."""

M = TypeVar("M", bound=BaseModel)


class ExperimentConfig(Model):
    """Config of one run; runs with equal configs give the same bits.

    Attributes:
        target: Sound to match.
        synth: Synth that matches it.
        objectives: Distances to minimise, with distinct titles; the name of a set stands for its
            distances.
        constraints: Bounds on descriptors of the answer, such as ``{"loudness": (-30, None)}``;
            None leaves a side open.
        search: Method and budget of the search.
        sr: Sample rate of target and renders in Hz, 8,000 to 192,000.
        seed: Seed of every random choice, from 0.
        record: Facts that a finished run stores in its ``run.yaml``; ignored when read.

    Examples:
        >>> config = ExperimentConfig.model_validate(
        ...     {"target": {"path": "note.wav"}, "synth": "fm", "search": {"renders": 500}}
        ... )
        >>> config.synth.name, config.search.renders, config.sr
        ('fm', 500, 44100)
    """

    target: TargetConfig
    synth: Annotated[SynthConfig, BeforeValidator(expand_name)] = SynthConfig()
    objectives: Annotated[
        list[Annotated[ObjectiveConfig, BeforeValidator(expand_name)]],
        BeforeValidator(expand_set_names),
    ] = Field(
        default=[ObjectiveConfig(name=name) for name in OBJECTIVE_SETS["default"]], min_length=1
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
            raise ValueError("an objective is listed twice: give one of the two a label")
        return objectives

    @model_validator(mode="after")
    def _dry_for_effects(self) -> "ExperimentConfig":
        alone = self.synth.instrument is None
        if alone != (self.target.dry is not None):
            raise ValueError(
                f"{self.synth.name} plays a dry sound: give it with --dry (target.dry), or put an "
                "instrument before the effects, as in 'subtractive | reverb'"
                if alone
                else "a dry sound is for effects alone, as in --synth 'effects: delay | reverb'"
            )
        return self

    @field_validator("constraints")
    @classmethod
    def _possible(cls, constraints: dict[str, Bounds]) -> dict[str, Bounds]:
        check_bounds(constraints)
        return constraints


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> ExperimentConfig:
    """Read an experiment from a YAML file.

    Args:
        path: YAML file.
        overrides: Assignments such as ``search.method=cmaes``; the values are YAML.

    Returns:
        Checked config, with paths relative to the file made absolute.

    Raises:
        ExperimentError: If the experiment or an override is wrong.
        SynthError: If the file is not YAML.

    Examples:
        ::

            config = load_experiment(Path("quickstart.yaml"), ["search.renders=500"])
            run_experiment(config, out=Path("runs/quickstart"))
    """
    content = read_yaml(path)
    for text in overrides:
        override(content, text)
    content = resolve_files(content, path.parent)
    return beside_folder(check_experiment(content, str(path)), path.parent)


def resolve_files(content: Any, folder: Path, key: str = "") -> Any:
    """Make the names of files that exist in a folder absolute, at any depth of a mapping."""
    if isinstance(content, Mapping):
        return {name: resolve_files(value, folder, name) for name, value in content.items()}
    if key == "paths" and isinstance(content, list | tuple):
        return [resolve_files(value, folder, key) for value in content]
    if key in FILE_KEYS and isinstance(content, str):
        file = folder / content
        if is_file(file) or (key == "paths" and file.is_dir()):
            return str(file.resolve())
    return content


def beside_folder(config: ExperimentConfig, folder: Path) -> ExperimentConfig:
    """Make relative paths absolute, so that a run can be resumed from any folder.

    Args:
        config: Config of an experiment.
        folder: Folder that its paths are relative to.
    """
    synth, target = config.synth, config.target
    sound = _absolute(target, folder, "path", "dry", "preset").model_copy(
        update={"paths": tuple((folder / path).resolve() for path in target.paths)}
    )
    if target.synth is not None:
        played = _absolute(target.synth, folder, *_files(target.synth))
        sound = sound.model_copy(update={"synth": played})
    starts = [
        (folder / start).resolve() if isinstance(start, Path) else start
        for start in config.search.initial
    ]
    return config.model_copy(
        update={
            "target": sound,
            "synth": _absolute(synth, folder, *_files(synth)),
            "search": _absolute(config.search, folder, "store").model_copy(
                update={
                    "initial": starts,
                    "prior": _prior(config.search.prior, folder),
                    "estimator": _model(config.search.estimator, folder),
                }
            ),
        }
    )


def _files(synth: SynthConfig) -> list[str]:
    """Return the keys of a synth that name files; the name of a shipped spec stays a name."""
    return ["state"] if str(synth.spec) in shipped_specs() else ["state", "spec"]


def _model(name: str, folder: Path) -> str:
    """Return the folder of a model; `auto` as it is."""
    return name if name == "auto" else str((folder / name).resolve())


def _prior(prior: str | Path, folder: Path) -> str | Path:
    """Return the card of a learned prior, whose hash stands for the whole; a name as it is."""
    if not isinstance(prior, Path):
        return prior
    path = (folder / prior).resolve()
    return path / CARD if path.is_dir() else path


def _absolute(config: M, folder: Path, *keys: str) -> M:
    files = {key: getattr(config, key) for key in keys}
    return config.model_copy(
        update={key: (folder / file).resolve() for key, file in files.items() if file is not None}
    )


def check_experiment(content: dict[str, Any], source: str) -> ExperimentConfig:
    """Validate an experiment given as a mapping.

    Args:
        content: Mapping, as read from YAML.
        source: File or command that errors name.

    Raises:
        ExperimentError: At the first mistake.

    Examples:
        >>> check_experiment({"target": {"path": "note.wav"}}, "match").seed
        0
        >>> from patchwright.experiments.errors import ExperimentError
        >>> try:
        ...     check_experiment({"target": {"path": "note.wav"}, "sed": 1}, "match")
        ... except ExperimentError as error:
        ...     print(error)
        match: sed is not a key; did you mean 'seed'?
    """
    return check(ExperimentConfig, content, prefix=f"{source}: ")
