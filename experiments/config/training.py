"""Config of a training: what `patchwright train proxy` and `train estimator` learn."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from patchwright.experiments.config.model import Model, check
from patchwright.experiments.config.overrides import override
from patchwright.experiments.config.target import sound_files
from patchwright.surrogates.estimators.augmentation import Augmentation
from patchwright.surrogates.training.estimator import EstimatorTraining
from patchwright.surrogates.training.proxy import ProxyTraining
from patchwright.surrogates.training.trainer import TrainingSettings
from patchwright.synths.yaml_file import read_yaml


def _several(value: Any) -> Any:
    """List the sound files of a folder, or of each folder of a list."""
    found: list[Any] = []
    for each in value if isinstance(value, list | tuple) else [value]:
        files = sound_files(each)
        found += files if isinstance(files, list) else [files]
    return found


class ProxyTrainingConfig(Model):
    """Config of the training of proxies.

    Attributes:
        dataset: Folder of the dataset.
        proxy: Name of the network; see `patchwright.surrogates.proxies.PROXIES`.
        options: Options of the network.
        embedding: Name of an embedding in the dataset to predict, instead of spectrograms.
        components: Number of principal components to predict.
        members: Number of networks.
        half: Whether to store weights in half precision.
        settings: Steps, rates and patience.
        seed: Seed of every random choice.

    Examples:
        >>> config = ProxyTrainingConfig.model_validate(
        ...     {"dataset": "datasets/fm-0", "settings": {"steps": 500}}
        ... )
        >>> config.training.settings.steps, config.training.proxy
        (500, 'residual_mlp')
    """

    dataset: Path
    proxy: str = "residual_mlp"
    options: dict[str, Any] = Field(default={})
    embedding: str = ""
    components: int = Field(default=192, ge=1, le=8_192)
    members: int = Field(default=2, ge=1, le=16)
    half: bool = False
    settings: TrainingSettings = TrainingSettings()
    seed: int = Field(default=0, ge=0, lt=2**31)

    @property
    def training(self) -> ProxyTraining:
        """What is trained.

        Raises:
            SurrogateError: If a name or an option is wrong.
        """
        return ProxyTraining(**{key: getattr(self, key) for key in _TRAINING})

    def beside(self, folder: Path, given: Iterable[str] = ()) -> Self:
        """Return the same with the dataset relative to a folder, unless it was given."""
        if "dataset" in given:
            return self
        return self.model_copy(update={"dataset": folder / self.dataset})


_TRAINING = ("proxy", "options", "embedding", "components", "members", "settings", "seed")


class EstimatorTrainingConfig(Model):
    """Config of the training of an estimator.

    Attributes:
        dataset: Folder of the dataset.
        datasets: Folders of datasets of several synths, instead of one: a ``vae`` then has one
            encoder, and a decoder for each synth.
        estimator: Name of the network; see `patchwright.surrogates.estimators.ESTIMATORS`.
        options: Options of the network.
        embedding: Name of an embedding in the dataset to hear, instead of spectrograms.
        augmentation: Greatest changes of what is heard; null for none.
        parameters: Weight of the loss of parameters.
        perceptual: Weight of the perceptual loss, through a proxy.
        proxy: Folder of the proxy, trained on the same synth, lock and front end.
        recordings: Recordings without parameters, or a folder of them, for the perceptual loss.
        mixed: Share of the examples of a batch that are recordings.
        start: Folder of an estimator of the same network to start from.
        half: Whether to store weights in half precision.
        settings: Steps, rates and patience.
        seed: Seed of every random choice.

    Examples:
        >>> config = EstimatorTrainingConfig.model_validate(
        ...     {"dataset": "datasets/fm-0", "estimator": "cnn", "augmentation": None}
        ... )
        >>> config.training.estimator, config.training.augmentation
        ('cnn', None)
    """

    dataset: Path | None = None
    datasets: tuple[Path, ...] = ()
    estimator: str = "flow"
    options: dict[str, Any] = Field(default={})
    embedding: str = ""
    augmentation: Augmentation | None = Augmentation()
    parameters: float = Field(default=1.0, ge=0)
    perceptual: float = Field(default=0.0, ge=0)
    proxy: Path | None = None
    recordings: Annotated[tuple[Path, ...], BeforeValidator(_several)] = ()
    mixed: float = Field(default=0.25, gt=0, le=1)
    start: Path | None = None
    half: bool = False
    settings: TrainingSettings = TrainingSettings()
    seed: int = Field(default=0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if (self.dataset is None) == (not self.datasets):
            raise ValueError("give the folder of a dataset, or datasets of several synths")
        return self

    @property
    def training(self) -> EstimatorTraining:
        """What is trained.

        Raises:
            SurrogateError: If a name or an option is wrong.
        """
        given = {key: getattr(self, key) for key in _ESTIMATOR}
        return EstimatorTraining(**given, recordings=self.mixed)

    def beside(self, folder: Path, given: Iterable[str] = ()) -> Self:
        """Return the same with paths relative to a folder, but for entries that were given."""
        paths = {
            key: folder / path
            for key in ("proxy", "start", "dataset")
            if key not in given and (path := getattr(self, key)) is not None
        }
        return self.model_copy(
            update=paths
            | {
                key: tuple(folder / path for path in getattr(self, key))
                for key in ("recordings", "datasets")
            }
        )


_ESTIMATOR = (
    "estimator",
    "options",
    "embedding",
    "augmentation",
    "parameters",
    "perceptual",
    "settings",
    "seed",
)

C = TypeVar("C", ProxyTrainingConfig, EstimatorTrainingConfig)


def load_training_config(
    path: Path | None,
    given: Mapping[str, Any],
    overrides: Sequence[str] = (),
    *,
    kind: type[C],
) -> C:
    """Read the config of a training.

    Args:
        path: YAML file; None for the defaults.
        given: Entries that replace those of the file.
        overrides: Assignments such as ``settings.steps=5000``; the values are YAML.
        kind: Class of the config.

    Raises:
        ExperimentError: At the first mistake.
        SynthError: If the file is no YAML.
    """
    content = {} if path is None else dict(read_yaml(path))
    content |= given
    for assignment in overrides:
        override(content, assignment)
    config = check(kind, content, prefix="" if path is None else f"{path}: ")
    return config if path is None else config.beside(path.parent, given)
