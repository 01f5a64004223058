"""Numbers of a finished run: `summary.json`.

A field here is a number in the summary. A field of `Numbers` is a line of the report and a row of
the results database as well.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from patchwright.objectives.differences.difference import Difference, Differences

Count = Annotated[int, Field(ge=0, lt=2**31)]
Amount = Annotated[float, Field(ge=0, le=1e15)]
Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=-1e300, le=1e300)]


class Record(BaseModel):
    """Part of a file that a run writes; fields of later versions are ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class PartFacts(Record):
    """One of several recordings that were matched together.

    Attributes:
        file: Name of the file.
        note: MIDI pitch that was played.
        f0: Estimated fundamental frequency in Hz; None without a clear pitch.
        cents: Deviation of `f0` from the note, in cents.
        start: Seconds at which it begins in `target.wav` and `best.wav`.
        length: Seconds of it that are compared.
    """

    file: str
    note: int = Field(ge=0, le=127)
    f0: float | None = Field(gt=0, le=1e6)
    cents: float | None = Field(ge=-1e6, le=1e6)
    start: Amount
    length: float = Field(gt=0, le=1e6)


class TargetFacts(Record):
    """The sound that was matched.

    Attributes:
        file: File name of the recording, or name of the preset; of several recordings all names.
        sha256: Hash of the file, or of the rendered preset; of several files one of their hashes.
        dry: File name of the dry sound of effects; empty without one.
        note: MIDI pitch of the first note; None with a dry sound.
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
        parts: Recordings of several notes, each compared on its own; none of a single sound.
        warnings: Sentences about what was changed in a recording, and what is doubtful.
    """

    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    dry: str = ""
    note: int | None = Field(ge=0, le=127)
    notes: str
    tempo: float = Field(gt=0, le=1e4)
    note_given: bool
    f0: float | None = Field(gt=0, le=1e6)
    cents: float | None = Field(ge=-1e6, le=1e6)
    voiced: Share | None
    held: Amount
    onset: Amount
    length: float = Field(gt=0, le=1e6)
    sr: int = Field(ge=1, le=10**6)
    parts: tuple[PartFacts, ...] = ()
    warnings: tuple[str, ...] = ()


class DescriptorFacts(Record):
    """One descriptor of the answer.

    Attributes:
        value: Measured value.
        unit: Unit of the value.
        constraint: Bounds in words; None without a constraint.
        diverse: Whether the kept presets differ in it.
    """

    value: Score
    unit: str
    constraint: str | None
    diverse: bool


class StoreFacts(Record):
    """Earlier renders that a search started from.

    Attributes:
        stored: Presets in the store when the search began.
        given: Presets that the search started from.
    """

    stored: Count
    given: Count


class Finalist(Record):
    """A preset of the front that took part in the choice of the answer.

    Attributes:
        place: Number of presets that are nearer to the target by the objectives.
        distance: Distance by the objectives, in random presets' units.
        heard: Distance by each embedding, in units of the median random preset.
        total: Root of the mean square of all these, by which the answer was chosen; None if an
            embedding did not measure it.
    """

    place: Count
    distance: Amount
    heard: dict[str, Amount]
    total: Amount | None


class FinalistFacts(Record):
    """The choice of the answer by embeddings.

    Attributes:
        count: Presets that took part.
        chosen: The answer.
        nearest: The preset that the objectives alone would have chosen.
    """

    count: Count
    chosen: Finalist
    nearest: Finalist


class HeardDifference(Record):
    """One way in which the answer still sounds different from the target.

    Attributes:
        what: Quality that differs.
        text: The difference in words.
        amount: Its size; positive if the answer has more of it than the target.
        unit: Unit of the amount.
        plainness: Its size in just noticeable differences, at least 1.
        detail: What was measured, in words.
    """

    what: str
    text: str
    amount: Score
    unit: str
    plainness: Amount
    detail: str


class GrantedWish(Record):
    """A wish about the target, and what the answer has of it.

    Attributes:
        wish: The wish, as it was written.
        unit: Unit of the values.
        recorded: Value of the recording.
        asked: Value that was asked.
        got: Value of the answer.
    """

    wish: str
    unit: str
    recorded: Score
    asked: Score
    got: Score

    def in_words(self) -> str:
        """Say what was asked and got, as changes of the recording in dB, or as times."""
        if self.unit == "dB":
            asked, got = self.asked - self.recorded, self.got - self.recorded
            return f"{self.wish}: asked {asked:+.1f} dB, got {got:+.1f} dB"
        before = f"recorded {self.recorded:.0f} {self.unit}"
        return f"{self.wish}: got {self.got:.0f} {self.unit}, {before}"


class NativePreset(Record):
    """The answer in the synth's own preset format, which often holds fewer digits.

    Attributes:
        file: File name in the run's folder.
        objectives: Scores of that file as the synth reads it.
    """

    file: str = Field(pattern=r"^best\.[A-Za-z0-9]{1,20}$")
    objectives: dict[str, Score]


class ChainFacts(Record):
    """The effects of the answer.

    Attributes:
        chain: The chain that was searched, as text.
        active: Names of the effects that are on, in the order in which they play.
        script: Name of the Python program that plays a dry sound through them.
        instrument: Name of the file with the instrument's part of the preset; None for effects
            alone.
    """

    chain: str
    active: tuple[str, ...]
    script: str = Field(pattern=r"^best\.py$")
    instrument: str | None = Field(pattern=r"^best[A-Za-z-]{0,20}\.[A-Za-z0-9]{1,20}$")


class Numbers(Record):
    """Scalar measurements of the answer; None where one does not apply.

    Each field is shown in the report with its title and description, and stored in the database
    under its name.

    Attributes:
        param_mae: Mean absolute difference from the true preset over the free continuous
            parameters, normalised.
        param_accuracy: Share of the free discrete parameters that equal the true preset's.
        unlikeliness: Nats a parameter by which a typical preset of the prior of the search is
            likelier; 0 if the answer is as likely, None with the synth's own priors.
        hypervolume: Share of the box between the median random preset and the target that the
            front dominates.
    """

    unlikeliness: Amount | None = Field(
        default=None,
        title="Unlikeliness",
        description="nats a parameter by which a typical preset of the prior is likelier",
    )
    param_mae: Share | None = Field(
        default=None,
        title="Parameter error",
        description="mean over the free continuous parameters, as a share of their range",
    )
    param_accuracy: Share | None = Field(
        default=None,
        title="Correct choices",
        description="share of the free discrete parameters that equal the true preset's",
    )
    hypervolume: Share | None = Field(
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
        finalists: How embeddings chose the answer; None if none took part.
        seed: Seed of every random choice.
        renders: Presets rendered by the search.
        store: What was taken from a store of earlier renders; None without one.
        generations: Generations of the optimizer.
        seconds: Wall time of the search.
        stopped: Reason why the search ended.
        objectives: Scores of the answer by objective; lower is better.
        differences: What one still hears between the answer and the target, the plainest first.
        alike: Qualities that were compared and do not differ.
        wishes: What was wished of the target, and what the answer has of it.
        descriptors: Descriptors of the answer by name.
        infeasible: Renders that violated the constraints.
        match: 1 - score / score of the median random preset, averaged over objectives, 0 to 1.
        metrics: Scores of the answer by every distance that could measure the target.
        random: Scores of the median random preset by distance.
        closer_than: Share of random presets that are farther from the target, by distance.
        noise_floor: Distance between two renders of the answer, by distance.
        verified: Whether the answer, rendered again from its file, had the scores of the search.
        native: The answer in the synth's own format; None if it has none.
        effects: The effects of the answer; None if the synth has none.
        numbers: Scalar measurements of the answer.
        statuses: Number of renders by status.
        preset: Values of the answer with units, by parameter.
        versions: Versions that the bits depend on.
    """

    target: TargetFacts
    synth: str
    free: Count
    method: str
    chose: str | None
    finalists: FinalistFacts | None = None
    seed: int = Field(ge=0, lt=2**32)
    renders: int = Field(ge=1, lt=2**31)
    store: StoreFacts | None
    generations: Count
    seconds: Amount
    stopped: str
    objectives: dict[str, Score] = Field(min_length=1)
    differences: tuple[HeardDifference, ...] = ()
    alike: tuple[str, ...] = ()
    wishes: tuple[GrantedWish, ...] = ()
    descriptors: dict[str, DescriptorFacts]
    infeasible: Count
    match: Share
    metrics: dict[str, Score]
    random: dict[str, Score]
    closer_than: dict[str, Share]
    noise_floor: dict[str, Score]
    verified: bool
    native: NativePreset | None
    effects: ChainFacts | None = None
    numbers: Numbers
    statuses: dict[str, Count]
    preset: dict[str, str]
    versions: dict[str, str]

    def in_words(self) -> str:
        """Say what still differs between the answer and the target, the plainest first."""
        heard = tuple(Difference(**each.model_dump()) for each in self.differences)
        return Differences(heard, self.alike).sentence()
