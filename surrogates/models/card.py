"""The card of a model: what it was made for, how, and how good it is."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.notes import NoteSet
from patchwright.surrogates.identity import SynthIdentity


class ProxyCard(BaseModel):
    """What a model of proxies was made for, how, and how good it is.

    Attributes:
        format: Version of the files.
        kind: Kind of the model.
        proxy: Name of the network.
        options: Options of the network that are not its defaults.
        synth: Synth and lock.
        notes: Notes of the examples; others within their range are interpolated.
        features: Front end of the spectrograms that are predicted.
        embedding: Name of the embedding that is predicted instead of spectrograms, or empty.
        components: Number of principal components that are predicted.
        kept: Share of the variance of the features that the components keep.
        members: Seeds of the networks.
        data: Checksum of the dataset.
        examples: Number of examples.
        training: Settings of the training.
        scores: Scores on presets that were kept aside, by name.
        versions: Versions that the bits depend on.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")

    format: Literal[1] = 1
    kind: Literal["proxy"] = "proxy"
    proxy: str
    options: dict[str, Any] = {}
    synth: SynthIdentity
    notes: NoteSet
    features: Features
    embedding: str = ""
    components: int = Field(gt=0, le=65_536)
    kept: float = Field(ge=0, le=1)
    members: list[int] = Field(min_length=1, max_length=64)
    data: str
    examples: int = Field(gt=0)
    training: dict[str, Any]
    scores: dict[str, float] = {}
    versions: dict[str, str] = {}
