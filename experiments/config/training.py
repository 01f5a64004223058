"""Config of a training: what `patchwright train proxy` learns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from patchwright.experiments.config.model import Model, check
from patchwright.experiments.config.overrides import override
from patchwright.surrogates.training.proxy import ProxyTraining
from patchwright.surrogates.training.trainer import TrainingSettings
from patchwright.synths.yaml_file import read_yaml


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


_TRAINING = ("proxy", "options", "embedding", "components", "members", "settings", "seed")


def load_training_config(
    path: Path | None, given: Mapping[str, Any], overrides: Sequence[str] = ()
) -> ProxyTrainingConfig:
    """Read the config of a training.

    Args:
        path: YAML file; None for the defaults.
        given: Entries that replace those of the file.
        overrides: Assignments such as ``settings.steps=5000``; the values are YAML.

    Raises:
        ExperimentError: At the first mistake.
        SynthError: If the file is no YAML.
    """
    content = {} if path is None else dict(read_yaml(path))
    content |= given
    for assignment in overrides:
        override(content, assignment)
    config = check(ProxyTrainingConfig, content, prefix="" if path is None else f"{path}: ")
    if path is None or "dataset" in given:
        return config
    return config.model_copy(update={"dataset": path.parent / config.dataset})
