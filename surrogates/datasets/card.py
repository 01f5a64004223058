"""The card of a dataset: what it holds, and how it was made."""

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.dry import DrySet
from patchwright.surrogates.datasets.notes import NoteSet
from patchwright.surrogates.datasets.recipe import BLOCK, Gate, Recipe
from patchwright.surrogates.datasets.sealed import Column
from patchwright.surrogates.differences import differences
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.identity import SynthIdentity
from patchwright.synths.outside_file import read_outside
from patchwright.synths.whole_file import whole_file

CARD = "card.json"
EMBEDDING = "embedding."
"""Start of the names of the columns of embeddings."""

_MAX_BYTES = 64 * 2**20
_SHARD = 2**25  # bytes of a shard before compression, at most
_MOST_BLOCKS = 16  # of a shard


class SplitShares(BaseModel):
    """Shares of the presets that are kept from training.

    Attributes:
        valid: Share for choices during training.
        test: Share for final scores.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    valid: float = Field(default=0.05, ge=0, lt=1)
    test: float = Field(default=0.15, ge=0, lt=1)

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if self.valid + self.test >= 1:
            raise ValueError("valid and test leave nothing to train on: give a sum below 1")
        return self


class Card(BaseModel):
    """What a dataset holds, and how it was made.

    Attributes:
        format: Version of the files.
        synth: Synth and lock.
        presets: Number of presets.
        notes: Notes that they play.
        dry: Dry sounds that presets of effects play; None for instruments.
        length: Length of the sounds in seconds.
        sr: Sample rate in Hz.
        features: Front end of the column `features`.
        embeddings: Width of each embedding, by name.
        channels: Number of channels of the audio; 0 if it is not kept.
        gate: What was done about presets that are hardly heard.
        splits: Shares of the presets that are kept from training.
        origins: Seeds and sources of the presets; several after a merge.
        versions: Versions that the bits depend on.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    format: Literal[1] = 1
    synth: SynthIdentity
    presets: int = Field(gt=0, lt=10**9)
    notes: NoteSet
    dry: DrySet | None = Field(default=None, exclude_if=lambda dry: dry is None)
    length: float = Field(gt=0)
    sr: int
    features: Features
    embeddings: dict[str, int]
    channels: int = Field(ge=0, le=64)
    gate: Gate
    splits: SplitShares
    origins: list[dict[str, Any]]
    versions: dict[str, str]

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        synth: SynthIdentity,
        *,
        channels: int,
        embeddings: dict[str, int],
        splits: SplitShares,
        versions: dict[str, str],
    ) -> Self:
        """Describe a dataset that is to be made.

        Args:
            recipe: What it is made of.
            synth: Synth and lock.
            channels: Number of channels of the synth's audio.
            embeddings: Width of each embedding, by name.
            splits: Shares of the presets that are kept from training.
            versions: Versions that the bits depend on.
        """
        return cls(
            synth=synth,
            presets=recipe.total,
            notes=recipe.notes,
            dry=None if recipe.dry is None else recipe.dry.chosen,
            length=recipe.length,
            sr=recipe.sr,
            features=recipe.features,
            embeddings=embeddings,
            channels=channels if recipe.audio else 0,
            gate=recipe.gate,
            splits=splits,
            origins=[recipe.described()],
            versions=versions,
        )

    @property
    def rows(self) -> int:
        """Number of rows: one for each note of each preset."""
        return self.presets * self.notes.per_preset

    @property
    def columns(self) -> dict[str, Column]:
        """Columns of a row, by name.

        ``values`` are normalised values of all parameters; ``notes`` are pitch, velocity and
        duration, the same ones for effects, whose ``dry`` are the number of the sound, its gain in
        dB and its onset in seconds; ``status`` is a `Status`; ``audible`` is 1 for renders that are
        ok and pass the gate; ``loudness`` is in LUFS; ``source`` is the number of the preset's
        source, or `GIVEN`; ``draws`` counts the presets that were drawn before it in vain;
        ``features`` are in dB.
        """
        wide: dict[str, tuple[int, ...]] = {
            f"{EMBEDDING}{name}": (width,) for name, width in self.embeddings.items()
        }
        exact = {} if self.dry is None else {"dry": Column("float32", (3,))}
        if self.channels:
            wide["audio"] = (self.channels, round(self.length * self.sr))
        return (
            {
                "values": Column("float32", (len(self.synth.space["parameters"]),)),
                "notes": Column("float32", (3,)),
                "status": Column("int8"),
                "audible": Column("uint8"),
                "loudness": Column("float16"),
                "source": Column("int8"),
                "draws": Column("uint8"),
                "features": Column("float16", self.features.shape),
            }
            | exact
            | {name: Column("float16", shape) for name, shape in wide.items()}
        )

    @property
    def blocks_per_shard(self) -> int:
        """Number of blocks that are written to one file."""
        row = sum(column.bytes for column in self.columns.values())
        block = row * self.notes.per_preset * BLOCK
        return max(1, min(_MOST_BLOCKS, _SHARD // block))

    def differences(self, other: "Card", *, but: tuple[str, ...] = ()) -> list[str]:
        """List what another card has otherwise, in words.

        Args:
            other: Card to compare with.
            but: Fields that may differ.
        """
        left_out = {"synth", *but}
        found = self.synth.differences(other.synth)
        found += differences(self.synth.version, other.synth.version, "synth.version")
        return found + differences(
            self.model_dump(mode="json", exclude=left_out),
            other.model_dump(mode="json", exclude=left_out),
        )

    def write(self, folder: Path) -> None:
        """Write the card into the folder of a dataset."""
        with whole_file(folder / CARD) as part:
            part.write_text(self.text() + "\n", encoding="utf-8")

    def text(self) -> str:
        """Return the card as JSON."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the card of a dataset.

        Raises:
            SurrogateError: If the folder is no dataset, or the card is damaged.
        """
        path = folder / CARD
        if not path.is_file():
            raise SurrogateError(
                f"{folder} is no dataset: name a folder that 'patchwright dataset make' wrote."
            )
        content = read_outside(path, kind="the card of a dataset", max_bytes=_MAX_BYTES)
        try:
            card = cls.model_validate_json(content)
            card.synth.subspace()
        except (ValidationError, SurrogateError, KeyError) as error:
            first = error.errors()[0] if isinstance(error, ValidationError) else None
            place = ".".join(map(str, first["loc"])) if first else ""
            raise SurrogateError(
                f"{path} is damaged{f' at {place}' if place else ''}: copy the dataset again, or "
                "make it again in another folder."
            ) from error
        return card
