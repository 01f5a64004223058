"""Numbers of a finished run: `summary.json`.

A field here is a number in the summary. A field of `Numbers` is a line of the report and a row of
the results database as well.
"""

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """Part of a file that a run writes; fields of later versions are ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class TargetFacts(Record):
    """The sound that was matched.

    Attributes:
        file: File name of the recording, or name of the preset.
        sha256: Hash of the file, or of the rendered preset.
        note: MIDI pitch of the first note.
        notes: All notes, as `synths.parse_notes` reads them.
        tempo: Beats per minute.
        note_given: Whether the notes were given, not estimated.
        f0: Estimated fundamental frequency in Hz; None without a clear pitch.
        cents: Deviation of `f0` from the note, in cents.
        voiced: Share of the frames that have a pitch, 0 to 1.
        held: Seconds that the first note is held.
        onset: Seconds of silence removed before the first note.
        length: Seconds of sound.
        sr: Sample rate in Hz.
        warnings: Sentences about what was changed in a recording, and what is doubtful.
    """

    file: str
    sha256: str
    note: int
    notes: str
    tempo: float
    note_given: bool
    f0: float | None
    cents: float | None
    voiced: float | None
    held: float
    onset: float
    length: float
    sr: int
    warnings: tuple[str, ...] = ()


class DescriptorFacts(Record):
    """One descriptor of the answer.

    Attributes:
        value: Measured value.
        unit: Unit of the value.
        constraint: Bounds in words; None without a constraint.
        diverse: Whether the kept presets differ in it.
    """

    value: float
    unit: str
    constraint: str | None
    diverse: bool


class StoreFacts(Record):
    """Earlier renders that a search started from.

    Attributes:
        stored: Presets in the store when the search began.
        given: Presets that the search started from.
    """

    stored: int
    given: int


class NativePreset(Record):
    """The answer in the synth's own preset format, which often holds fewer digits.

    Attributes:
        file: File name in the run's folder.
        objectives: Scores of that file as the synth reads it.
    """

    file: str
    objectives: dict[str, float]


class Numbers(Record):
    """Scalar measurements of the answer; None where one does not apply.

    Each field is shown in the report with its title and description, and stored in the database
    under its name.

    Attributes:
        param_mae: Mean absolute difference from the true preset over the free continuous
            parameters, normalised.
        param_accuracy: Share of the free discrete parameters that equal the true preset's.
        hypervolume: Share of the box between the median random preset and the target that the
            front dominates.
    """

    param_mae: float | None = Field(
        default=None,
        title="Parameter error",
        description="mean over the free continuous parameters, as a share of their range",
    )
    param_accuracy: float | None = Field(
        default=None,
        title="Correct choices",
        description="share of the free discrete parameters that equal the true preset's",
    )
    hypervolume: float | None = Field(
        default=None,
        title="Hypervolume",
        description="share of the range from random presets to the target that is dominated",
    )

    def present(self) -> dict[str, float]:
        """Values of the fields that apply, by name."""
        values: dict[str, float] = self.model_dump(exclude_none=True)
        return values


class Summary(Record):
    """Contents of `summary.json`.

    Attributes:
        target: The sound that was matched.
        synth: Name of the synth.
        free: Number of parameters that the search could move.
        method: Name of the optimizer.
        chose: Name of the optimizer that the method delegated to last; None if to none.
        seed: Seed of every random choice.
        renders: Presets rendered.
        store: What was taken from a store of earlier renders; None without one.
        generations: Generations of the optimizer.
        seconds: Wall time of the search.
        stopped: Reason why the search ended.
        objectives: Scores of the answer by objective; lower is better.
        descriptors: Descriptors of the answer by name.
        infeasible: Renders that violated the constraints.
        match: 1 - score / score of the median random preset, averaged over objectives, 0 to 1.
        metrics: Scores of the answer by every distance that could measure the target.
        random: Scores of the median random preset by distance.
        closer_than: Share of random presets that are farther from the target, by distance.
        noise_floor: Distance between two renders of the answer, by distance.
        verified: Whether the answer, rendered again from its file, had the scores of the search.
        native: The answer in the synth's own format; None if it has none.
        numbers: Scalar measurements of the answer.
        statuses: Number of renders by status.
        preset: Values of the answer with units, by parameter.
        versions: Versions that the bits depend on.
    """

    target: TargetFacts
    synth: str
    free: int
    method: str
    chose: str | None
    seed: int
    renders: int
    store: StoreFacts | None
    generations: int
    seconds: float
    stopped: str
    objectives: dict[str, float]
    descriptors: dict[str, DescriptorFacts]
    infeasible: int
    match: float
    metrics: dict[str, float]
    random: dict[str, float]
    closer_than: dict[str, float]
    noise_floor: dict[str, float]
    verified: bool
    native: NativePreset | None
    numbers: Numbers
    statuses: dict[str, int]
    preset: dict[str, str]
    versions: dict[str, str]
