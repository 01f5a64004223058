"""An experiment as YAML: what is matched, with which synth, by which search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from experiments.errors import ExperimentError
from objectives.view import Align, Level, View
from search import Budget
from synths import did_you_mean, parse_notes, read_midi
from synths.jobs import Policy
from synths.locks import read_lock
from synths.note_text import notes_text
from synths.yaml_file import read_yaml

USUAL_OBJECTIVES = ("mrstft", "mfcc_mae", "envelope")


M = TypeVar("M", bound=BaseModel)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class SynthConfig(_Model):
    """A synth, and which of its parameters may move.

    Attributes:
        name: A built-in synth, or a plugin; see `synths.address.resolve`. May be called ``plugin``.
        host: That loads a plugin; the usual one for its format if None.
        spec: YAML file that says what a plugin's parameters are.
        state: One of a plugin's own preset files, from which every candidate starts.
        lock: From glob patterns to values; see `synths.ParameterSpace.lock`. In YAML also the
            name of a lock file.
        free: Glob patterns of the parameters that may move; all if None.
        policy: How a plugin's renders are kept apart; see `synths.jobs.Policy`.
        deadline: Seconds after which a plugin's render is given up.
    """

    name: str = Field(default="subtractive", validation_alias=AliasChoices("name", "plugin"))
    host: str | None = None
    spec: Path | None = None
    state: Path | None = None
    lock: dict[str, Any] = {}
    free: list[str] | None = None
    policy: Policy | None = None
    deadline: float = Field(default=10.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read_lock(cls, content: Any) -> Any:
        if isinstance(content, dict) and isinstance(content.get("lock"), str):
            return content | {"lock": {}} | read_lock(content["lock"])
        return content


class TargetConfig(_Model):
    """A sound, and what is known of it: a recording, or what a preset sounds like.

    Attributes:
        path: WAV, FLAC, OGG or MP3; relative to the YAML file.
        preset: Instead: a preset file, whose sound is the target.
        program: Name or number of the preset in a bank.
        random: Instead: the seed of a random preset that sounds, drawn as searches draw.
        synth: That plays the preset; the run's own if None.
        note: MIDI pitch of the one note; of a recording estimated if None, of a preset 60.
        duration: Seconds that its key was held; of a recording estimated if None, of a preset 1.
        velocity: With which it is played.
        notes: Instead of one note: all that are played, as `synths.parse_notes` reads them. In
            YAML also ``midi: FILE``. The first is played at the onset of the recording.
        tempo: Beats a minute, for plugins that follow it.
        start: Seconds of the recording to pass over.
        length: Seconds to use; of a recording all if None, of a preset 0.5 s after the last note.
    """

    path: Path | None = None
    preset: Path | None = None
    program: str | None = None
    random: int | None = Field(default=None, ge=0)
    synth: Annotated[SynthConfig | None, BeforeValidator(_named)] = None
    note: int | None = Field(default=None, ge=0, le=127)
    duration: float | None = Field(default=None, gt=0)
    velocity: int = Field(default=100, ge=1, le=127)
    notes: str | None = None
    tempo: float = Field(default=120.0, ge=20, le=999)
    start: float | None = Field(default=None, ge=0)
    length: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read_midi(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "midi" not in content:
            return content
        rest = {key: value for key, value in content.items() if key != "midi"}
        if content["midi"] is None:
            return rest
        if content.get("notes") is not None:
            raise ValueError("the notes are given twice: leave out notes or midi")
        played = read_midi(Path(str(content["midi"])))
        tempo = content.get("tempo") or played.tempo
        return rest | {"notes": notes_text(played.notes), "tempo": tempo}

    @model_validator(mode="after")
    def _one_sound(self) -> "TargetConfig":
        told = [key for key in ("path", "preset", "random") if getattr(self, key) is not None]
        if len(told) != 1:
            raise ValueError("it is one sound: give it a path, a preset or random")
        made = self.path is None
        if (self.program is not None and self.preset is None) or (self.synth and not made):
            raise ValueError("a recording has no program and no synth: leave them out")
        if made and self.start is not None:
            raise ValueError("a preset is played from its start: leave start out")
        return self

    @property
    def name(self) -> str:
        """What to call it in files."""
        if self.path is not None:
            return self.path.stem
        if self.preset is None:
            return f"random-{self.random}"
        return "-".join([self.preset.stem, *([self.program] if self.program else [])])

    @model_validator(mode="after")
    def _one_note_or_several(self) -> "TargetConfig":
        if self.notes is not None:
            if self.note is not None or self.duration is not None:
                raise ValueError("one note or several: leave out note and duration, or notes")
            parse_notes(self.notes)
        return self


class SearchConfig(_Model):
    """How the search goes.

    Attributes:
        method: Name of the optimizer.
        options: Of the optimizer.
        renders: Budget of renders, calibration included.
        seconds: Budget of wall time.
        generations: Budget of generations.
        patience: Generations without progress.
        calibration: Random presets that set the scale of the scores.
        initial: Preset files, banks and folders of runs, whose presets the search starts from.
    """

    method: str = "nsga2"
    options: dict[str, Any] = {}
    renders: int | None = Field(default=2_500, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    generations: int | None = Field(default=None, gt=0)
    patience: int | None = Field(default=None, gt=0)
    calibration: int = Field(default=100, ge=10)
    initial: list[Path] = []

    @model_validator(mode="after")
    def _calibration_within_budget(self) -> "SearchConfig":
        if self.renders is not None and self.renders <= self.calibration:
            raise ValueError(
                f"{self.renders} renders do not go beyond the calibration's {self.calibration}: "
                "raise renders or lower calibration"
            )
        return self

    @property
    def budget(self) -> Budget:
        """The four limits."""
        return Budget(
            renders=self.renders,
            seconds=self.seconds,
            generations=self.generations,
            patience=self.patience,
        )


class ObjectiveConfig(_Model):
    """A distance, and what of the sounds it compares. In YAML its name alone will do.

    Attributes:
        name: Of a registered distance.
        label: What it is called in reports; its name and what else is told of it if None.
        weight: Share in the answer and in the match, beside those of the others.
        options: Of the distance.
        align: See `objectives.View`, as are the next three.
        level: In YAML `absolute`, `loudness` or `peak`.
        time: First and last second.
        frequency: Lowest and highest hertz.
    """

    name: str
    label: str | None = None
    weight: float = Field(default=1.0, gt=0)
    options: dict[str, Any] = {}
    align: Align = "none"
    level: Level = "absolute"
    time: tuple[float, float | None] | None = None
    frequency: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _view_makes_sense(self) -> "ObjectiveConfig":
        self.view  # noqa: B018 - is checked when it is made
        return self

    @property
    def view(self) -> View:
        """What of the sounds is compared."""
        return View(align=self.align, level=self.level, time=self.time, frequency=self.frequency)

    @property
    def title(self) -> str:
        """The key of its scores: a name alone is that of the plain distance."""
        if self.label is not None:
            return self.label
        told = [*map(str, self.options.values())]
        told += [word for word in (self.align, self.level) if word not in ("none", "absolute")]
        for bounds, unit in ((self.time, "s"), (self.frequency, "Hz")):
            if bounds is not None:
                first, last = bounds
                told.append(f"{first:g}-{'' if last is None else format(last, 'g')} {unit}")
        return f"{self.name} ({', '.join(told)})" if told else self.name

    @model_serializer(mode="wrap")
    def _short(self, write: SerializerFunctionWrapHandler) -> Any:
        told = {key: value for key, value in write(self).items() if key in self.model_fields_set}
        return self.name if told.keys() == {"name"} else told


class ExperimentConfig(_Model):
    """One run; two runs of equal configs end with the same bits.

    Attributes:
        target: What is matched.
        synth: What matches it.
        objectives: The distances that the search minimises.
        search: How it goes.
        sr: Sample rate of everything, in Hz.
        seed: Of every random choice.
        record: What a finished run notes of itself; not read.
    """

    target: TargetConfig
    synth: Annotated[SynthConfig, BeforeValidator(_named)] = SynthConfig()
    objectives: list[Annotated[ObjectiveConfig, BeforeValidator(_named)]] = Field(
        default=[ObjectiveConfig(name=name) for name in USUAL_OBJECTIVES], min_length=1
    )
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
            "search": config.search.model_copy(update={"initial": starts}),
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


def override(content: dict[str, Any], assignment: str) -> None:
    """Change one value of an experiment that is given as a mapping.

    Args:
        content: Changed in place.
        assignment: Such as ``search.method=cmaes``; the value is YAML.

    Raises:
        ExperimentError: If it is not an assignment, or leads through a value.
    """
    dotted, equals, text = assignment.partition("=")
    if not equals or not dotted:
        raise ExperimentError(f"--set takes key=value, such as seed=1, not {assignment!r}.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ExperimentError(f"--set {dotted}: {text!r} is not a YAML value.") from error
    assign(content, dotted, value, source=f"--set {dotted}")


def assign(content: dict[str, Any], dotted: str, value: Any, *, source: str) -> None:
    """Put a value into an experiment that is given as a mapping.

    Args:
        content: Changed in place.
        dotted: Where to, such as ``search.method``.
        value: What.
        source: Named in errors.

    Raises:
        ExperimentError: If it leads through a value.
    """
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = content.setdefault(parent, {})
        if isinstance(inner, str) and parent == "synth":
            inner = content["synth"] = _named(inner)
        if not isinstance(inner, dict):
            raise ExperimentError(f"{source}: {parent} is a value, it holds no keys.")
        content = inner
    content[last] = value


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        models: dict[str, type[_Model]] = {
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
