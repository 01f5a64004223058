"""Config of a dataset: what `patchwright dataset make` renders."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from patchwright.experiments.config.experiment import resolve_files
from patchwright.experiments.config.model import Model, check, expand_name
from patchwright.experiments.config.overrides import override
from patchwright.experiments.config.ranges import numbers
from patchwright.experiments.config.synth import SynthConfig
from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.card import SplitShares
from patchwright.surrogates.datasets.notes import NoteSet
from patchwright.surrogates.datasets.recipe import Gate
from patchwright.synths.priors.names import SPEC, prior_names
from patchwright.synths.yaml_file import read_yaml


def _expand_notes(value: Any) -> Any:
    """Expand ranges, and single numbers to lists."""
    if not isinstance(value, Mapping):
        return value
    expanded = {
        key: [
            number
            for each in (given if isinstance(given, list) else [given])
            for number in numbers(each)
        ]
        for key, given in value.items()
        if key in ("pitch", "velocity", "duration")
    }
    return {**value, **expanded}


class SourceConfig(Model):
    """Source of presets; in YAML, the name alone suffices.

    Attributes:
        name: Name of the source; see `patchwright.surrogates.datasets.SOURCES`.
        weight: Relative number of presets from it.
        presets: Preset files, banks and run folders that it starts from, if it needs any; a run
            contributes its best preset and its front.
        prior: Prior of the source `prior`; see `search.prior`.
        options: Options of the source.
    """

    name: str
    weight: float = Field(default=1.0, gt=0)
    presets: list[Path] = Field(default=[])
    prior: str | Path = Field(default=SPEC, exclude_if=lambda prior: prior == SPEC)
    options: dict[str, Any] = Field(default={})

    @field_validator("prior", mode="after")
    @classmethod
    def _named_or_folder(cls, prior: str | Path) -> str | Path:
        return prior if str(prior) in prior_names() else Path(prior)


class FeaturesConfig(Model):
    """Log-mel spectrogram; what is None suits the sample rate.

    Attributes:
        n_fft: Length of the transform in samples; about 46 ms if None.
        hop: Hop between frames in samples; half of `n_fft` if None.
        bands: Number of mel bands.
        floor: Level of silence in dB.
    """

    n_fft: int | None = None
    hop: int | None = None
    bands: int = 64
    floor: float = -90.0


class EmbeddingConfig(Model):
    """Embedding to store; in YAML, the name alone suffices.

    Attributes:
        name: Name or model file of the embedding.
        options: Options of a model, such as ``{"sr": 16000}``.
    """

    name: str
    options: dict[str, int] = Field(default={})


class DryConfig(Model):
    """Dry sounds for effects; in YAML, the folder alone suffices.

    Attributes:
        folder: Folder of dry sounds, or of IDMT-SMT-Audio-Effects, whose sounds without effects are
            taken.
        gain: Least and greatest gain in dB, after each sound is brought to full scale.
        onset: Least and greatest time in seconds before a sound begins.
    """

    folder: Path
    gain: tuple[float, float] = (-6.0, 0.0)
    onset: tuple[float, float] = (0.0, 0.0)


def _expand_folder(value: Any) -> Any:
    return {"folder": value} if isinstance(value, str | Path) else value


class DatasetConfig(Model):
    """Config of a dataset; equal configs give the same bits.

    Attributes:
        synth: Synth and lock.
        presets: Number of presets to draw.
        sources: Sources that they are drawn from.
        include: Presets to render as they are, before the drawn ones: preset files, banks, and
            folders of runs, which contribute all presets that they rendered.
        notes: Notes that the presets play, a row each; in YAML also ranges such as ``48..72``.
        dry: Dry sounds that effects are played on, instead of notes.
        length: Length of the sounds in seconds.
        sr: Sample rate in Hz.
        features: Log-mel spectrogram.
        embeddings: Embeddings to store in addition.
        audio: Whether to store the sounds, in half precision.
        gate: What is done about presets that are hardly heard.
        splits: Shares of the presets that are kept from training.
        seed: Seed of every random choice.

    Examples:
        >>> config = DatasetConfig.model_validate(
        ...     {"synth": "fm", "notes": {"pitch": ["48..50", 60]}, "sources": ["prior"]}
        ... )
        >>> config.notes.pitch, config.front_end.shape
        ((48, 49, 50, 60), (64, 44))
    """

    synth: Annotated[SynthConfig, BeforeValidator(expand_name)] = SynthConfig()
    presets: int = Field(default=10_000, ge=0, le=10**8)
    sources: list[Annotated[SourceConfig, BeforeValidator(expand_name)]] = Field(
        default=[SourceConfig(name="prior")], min_length=1, max_length=100
    )
    include: list[Path] = Field(default=[])
    notes: Annotated[NoteSet, BeforeValidator(_expand_notes)] = NoteSet()
    dry: Annotated[DryConfig | None, BeforeValidator(_expand_folder)] = Field(
        default=None, exclude_if=lambda dry: dry is None
    )
    length: float = Field(default=1.0, ge=0.05, le=60)
    sr: int = Field(default=44_100, ge=8_000, le=192_000)
    features: FeaturesConfig = FeaturesConfig()
    embeddings: list[Annotated[EmbeddingConfig, BeforeValidator(expand_name)]] = Field(default=[])
    audio: bool = False
    gate: Gate = Gate()
    splits: SplitShares = SplitShares()
    seed: int = Field(default=0, ge=0, lt=2**32)

    @field_validator("embeddings")
    @classmethod
    def _distinct(cls, embeddings: list[EmbeddingConfig]) -> list[EmbeddingConfig]:
        if len({each.name for each in embeddings}) < len(embeddings):
            raise ValueError("an embedding is listed twice: remove one")
        return embeddings

    @property
    def front_end(self) -> Features:
        """Front end of the sounds.

        Raises:
            ObjectiveError: A number is out of range.
        """
        return Features.of(sr=self.sr, length=self.length, **self.features.model_dump())


def load_dataset_config(
    path: Path | None, given: Mapping[str, Any], overrides: Sequence[str] = ()
) -> DatasetConfig:
    """Read the config of a dataset.

    Args:
        path: YAML file; None for the defaults.
        given: Entries that replace those of the file.
        overrides: Assignments such as ``notes.pitch=48..72``; the values are YAML.

    Returns:
        Checked config, with paths relative to the file, or to the current folder, made absolute.

    Raises:
        ExperimentError: If the config or an override is wrong.
        SynthError: If the file is not YAML.
    """
    content = {} if path is None else read_yaml(path)
    folder = Path() if path is None else path.parent
    content = {**resolve_files(content, folder), **given}
    for text in overrides:
        override(content, text)
    config = check(DatasetConfig, content, prefix=f"{path or 'dataset make'}: ")
    return _absolute(config, folder, Path() if "include" in given else folder)


def _absolute(config: DatasetConfig, folder: Path, beside: Path) -> DatasetConfig:
    def resolved(paths: list[Path], where: Path) -> list[Path]:
        return [(where / path).resolve() for path in paths]

    sources = [
        source.model_copy(
            update={
                "presets": resolved(source.presets, folder),
                "prior": (folder / source.prior).resolve()
                if isinstance(source.prior, Path)
                else source.prior,
            }
        )
        for source in config.sources
    ]
    files = {key: getattr(config.synth, key) for key in ("spec", "state")}
    synth = config.synth.model_copy(
        update={key: (folder / path).resolve() for key, path in files.items() if path is not None}
    )
    include = resolved(config.include, beside)
    dry = config.dry
    if dry is not None:
        dry = dry.model_copy(update={"folder": (folder / dry.folder).resolve()})
    update = {"sources": sources, "include": include, "synth": synth, "dry": dry}
    return config.model_copy(update=update)
