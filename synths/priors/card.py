"""Cards of learned priors: of which synth, from which presets, and how good."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import ParameterSpace
from patchwright.synths.plugins.spec import space_from
from patchwright.synths.presets import strict_json
from patchwright.synths.priors.names import CARD

FORMAT = 1
_MAX_BYTES = 2 * 2**20


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FileCard(_Part):
    """A file that the prior was learned from.

    Attributes:
        name: File name.
        sha256: Hash of its bytes.
        presets: Number of presets in it.
    """

    name: str
    sha256: str
    presets: int


class HeldOutCard(_Part):
    """How much a kind of prior expects presets that were held out; see `learn.HeldOut`."""

    name: str
    cost: float
    gain: float
    low: float
    high: float


class PriorCard(_Part):
    """Contents of `card.json`.

    Attributes:
        format: Version of the folder's format.
        kind: ``mixture`` or ``copula``.
        chosen: Kind of prior with the least cost, as `held_out` names it.
        synth: Name of the synth that the presets were read for.
        about: Where the presets come from, and under which licence; empty if not said.
        presets: Number of presets learned from.
        duplicates: Number of near duplicates left out.
        excluded: Share of the presets that the synth's own priors can never draw.
        held_out: Costs of presets that were held out, by kind of prior.
        seed: Seed of every random choice.
        sha256: Hash of the file of tensors.
        files: Files of the presets.
        space: Parameters of the synth, as in a spec file, in the order of the tensors.
    """

    format: int = FORMAT
    kind: str
    chosen: str
    synth: str
    about: str = ""
    presets: int
    duplicates: int
    excluded: float
    held_out: tuple[HeldOutCard, ...]
    seed: int
    sha256: str = ""
    files: tuple[FileCard, ...]
    space: dict[str, Any]

    def parameters(self, origin: str) -> ParameterSpace:
        """Return the space of the synth that the prior is of.

        Args:
            origin: Name of the card, for messages.

        Raises:
            SynthError: If the description is damaged.
        """
        return space_from(self.space, origin)

    def difference(self, space: ParameterSpace, synth: str) -> str | None:
        """Return the first way in which a synth has other parameters, in words; None if in none.

        Args:
            space: Space of the synth.
            synth: Name of the synth.
        """
        theirs = self.parameters(CARD)
        for own in space.parameters:
            if own.name not in theirs.names:
                return f"{synth} has the parameter {own.name}, and it has not"
            other = theirs[own.name]
            for what, mine, there in (
                ("kind", own.kind, other.kind),
                ("range", own.span(), other.span()),
                ("scale", own.scale, other.scale),
            ):
                if mine != there:
                    return f"the {what} of {own.name} is {there} there, and {mine} in {synth}"
        for name in theirs.names:
            if name not in space.names:
                return f"it has the parameter {name}, and {synth} has not"
        if theirs.names != space.names:
            return f"its parameters are in another order than those of {synth}"
        return None


def read_card(path: Path) -> PriorCard:
    """Read the card of a model folder.

    Args:
        path: Folder, or the card in it.

    Raises:
        SynthError: If there is none, or it is damaged or of a later version.
    """
    file = path / CARD if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise SynthError(
            f"{path} is no prior ({CARD} is missing): write one with 'patchwright prior learn'."
        )
    data = read_outside(file, kind="a prior", max_bytes=_MAX_BYTES)
    try:
        card = PriorCard.model_validate(strict_json.parse(data, max_bytes=_MAX_BYTES))
    except (SynthError, ValidationError) as error:
        raise damaged(file) from error
    if card.format != FORMAT:
        raise SynthError(
            f"{file} has the format {card.format}, and this version reads {FORMAT}: learn it "
            "again, or update Patchwright."
        )
    return card


def damaged(file: Path) -> SynthError:
    """Return the error about a file of a model folder that is not as it was written."""
    return SynthError(
        f"{file} is damaged, or no part of a prior: copy it again, or write it with "
        "'patchwright prior learn'."
    )
