"""Course of a search: `search.json`."""

from patchwright.experiments.records.summary import Record


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

    number: int
    renders: int
    seconds: float
    best: dict[str, float]
    distance: float
    hypervolume: float


class FrontPreset(Record):
    """One preset of the front that was kept to listen to.

    Attributes:
        name: Stem of its files in `front/`.
        scores: Scores by objective.
        scaled: Scores divided by those of the median random preset, by objective.
        distance: Distance to the ideal point, in random presets' units.
        descriptors: Values by descriptor.
    """

    name: str
    scores: dict[str, float]
    scaled: dict[str, float]
    distance: float
    descriptors: dict[str, float]


class SearchTrace(Record):
    """Contents of `search.json`.

    Attributes:
        scales: Score of the median random preset, by objective.
        random: Scores of the random presets whose render did not fail, by objective.
        history: States after each generation, from the first with an answer.
        front: Kept presets of the front, the answer first.
        front_size: Presets on the whole front.
    """

    scales: dict[str, float]
    random: dict[str, list[float]]
    history: list[TracePoint]
    front: list[FrontPreset]
    front_size: int

    @property
    def answer(self) -> FrontPreset:
        """The kept preset that is nearest to the ideal point."""
        return min(self.front, key=lambda point: point.distance)
