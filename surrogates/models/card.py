"""The card of a model: what it was made for, how, and how good it is."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.notes import NoteSet
from patchwright.surrogates.identity import SynthIdentity

Kind = Literal["proxy", "estimator", "recogniser"]
"""Kinds of models."""


class Card(BaseModel):
    """What every model says of itself.

    Attributes:
        format: Version of the files.
        kind: Kind of the model.
        scores: Scores on what was kept aside, by name.
        versions: Versions that the bits depend on.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")

    format: int
    kind: Kind
    scores: dict[str, float] = {}
    versions: dict[str, str] = {}

    def check(self) -> None:
        """Check what types alone do not say.

        Raises:
            SurrogateError: If something does not fit.
        """


class ModelCard(Card):
    """What a model of a synth was made for, how, and how good it is.

    Attributes:
        options: Options of the network that are not its defaults.
        synth: Synth and lock.
        notes: Notes of the examples; others within their range are interpolated.
        features: Front end of the spectrograms.
        embedding: Name of the embedding that is used instead of spectrograms, or empty.
        data: Checksum of the dataset.
        examples: Number of examples.
        training: Settings of the training.
    """

    format: Literal[1] = 1
    options: dict[str, Any] = {}
    synth: SynthIdentity
    notes: NoteSet
    features: Features
    embedding: str = ""
    data: str
    examples: int = Field(gt=0)
    training: dict[str, Any]

    def check(self) -> None:
        """Check the synth; see `Card.check`."""
        self.synth.subspace()


class ProxyCard(ModelCard):
    """The card of proxies, which predict spectrograms or an embedding.

    Attributes:
        proxy: Name of the network.
        components: Number of principal components that are predicted.
        kept: Share of the variance of the features that the components keep.
        members: Seeds of the networks.
    """

    kind: Literal["proxy"] = "proxy"
    proxy: str
    components: int = Field(gt=0, le=65_536)
    kept: float = Field(ge=0, le=1)
    members: list[int] = Field(min_length=1, max_length=64)


class EstimatorCard(ModelCard):
    """The card of an estimator, which hears spectrograms or an embedding.

    Attributes:
        estimator: Name of the network.
        shape: Bands and frames of what it hears; an embedding has one frame.
        seed: Seed of the initial weights.
        start: Checksum of the weights of the estimator that the training started from, or empty.
        proxy: Checksum of the weights of the proxy of a perceptual loss, or empty.
        recordings: Number of recordings, which have no parameters, among the examples.
    """

    kind: Literal["estimator"] = "estimator"
    estimator: str
    shape: tuple[int, int]
    seed: int = Field(ge=0)
    start: str = ""
    proxy: str = ""
    recordings: int = Field(default=0, ge=0)
