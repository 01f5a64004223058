"""Course of a search: `search.json`."""

from typing import Annotated

from pydantic import Field

from patchwright.experiments.records.summary import Amount, Count, Record, Score


class TracePoint(Record):
    """The state of a search after one generation.

    Attributes:
        number: Number of the generation; 0 is the calibration.
        renders: Presets rendered so far.
        seconds: Wall time so far.
        best: Lowest score so far, by objective.
        distance: Distance of the best answer so far to the ideal point, in random presets' units.
        hypervolume: Hypervolume of the archive.
    """

    number: Count
    renders: Count
    seconds: Amount
    best: dict[str, Score]
    distance: Amount
    hypervolume: Amount


class FrontPreset(Record):
    """One preset of the front that was kept to listen to.

    Attributes:
        name: Stem of its files in `front/`.
        scores: Scores by objective.
        scaled: Scores divided by those of the median random preset, by objective.
        distance: Distance to the ideal point, in random presets' units.
        descriptors: Values by descriptor.
    """

    name: str = Field(pattern=r"^[^./\\\x00][^/\\\x00]{0,100}$")
    scores: dict[str, Score]
    scaled: dict[str, Score]
    distance: Amount
    descriptors: dict[str, Score]


class PartCredit(Record):
    """What one part of an optimizer has done.

    Attributes:
        proposed: Number of presets that it proposed.
        nearest: How many of them were the nearest so far.
    """

    proposed: Count
    nearest: Count


class BelievedPreset(Record):
    """A render of which a model expected something.

    Attributes:
        part: Name of the part of the optimizer that proposed it.
        renders: Number of renders until then.
        believed: Expected distance to the ideal point, in random presets' units.
        rendered: Distance to the ideal point, in random presets' units.
    """

    part: str
    renders: Count
    believed: Amount
    rendered: Amount


class SearchTrace(Record):
    """Contents of `search.json`.

    Attributes:
        scales: Score of the median random preset, by objective.
        random: Scores of the random presets whose render did not fail, by objective.
        history: States after each generation, from the first with an answer.
        front: Kept presets of the front, the answer first.
        front_size: Presets on the whole front.
        credits: What each part of the optimizer has done, by name; empty if it has no parts.
        found_by: Name of the part that proposed the nearest preset; empty if it was none.
        believed: Renders of which a model expected something.
    """

    scales: dict[str, Annotated[float, Field(gt=0, le=1e300)]]
    random: dict[str, list[Score]]
    history: list[TracePoint] = Field(min_length=1)
    front: list[FrontPreset] = Field(max_length=1000)
    front_size: Count
    credits: dict[str, PartCredit] = Field(default={})
    found_by: str = ""
    believed: list[BelievedPreset] = Field(default=[])

    @property
    def answer(self) -> FrontPreset:
        """The kept preset that is the answer."""
        return self.front[0]
