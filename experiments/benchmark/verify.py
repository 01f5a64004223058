"""Verification: every preset of a submission is rendered again, and measured by all judges.

Nothing that a submission says of its sounds or its scores is read. What it says of renders and
seconds is checked against the limits, and shown as its claim.
"""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from patchwright.experiments.benchmark.submission import METHOD, Claim, MethodFacts, Submission
from patchwright.experiments.benchmark.tasks import Benchmark, Task, experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.answer import differences
from patchwright.experiments.match.setup import Setup, prepare
from patchwright.experiments.mistakes import MISTAKES
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.records.summary import Record, Score
from patchwright.synths import Status
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_preset

RESULTS = "results.json"
_MAX_BYTES = 16 * 2**20
_NEAR = 0.01  # of a locked number's range: formats of synths round


class Answer(Record):
    """A verified answer.

    Attributes:
        task: Name of the task.
        seed: Seed of the search.
        renders: Renders, as claimed.
        seconds: Seconds, as claimed.
        distances: Distances to the target by judge.
        random: Distances of the median random preset by judge.
        plainest: Plainest difference that one hears, in just noticeable differences; 0 if none.
        pitch_right: Whether the pitch is as the target's; None if that has none.
    """

    task: str
    seed: int
    renders: int
    seconds: float
    distances: dict[str, Score]
    random: dict[str, Score]
    plainest: float = Field(ge=0)
    pitch_right: bool | None


class Fault(Record):
    """An answer that does not count.

    Attributes:
        task: Name of the task.
        seed: Seed of the search.
        why: The reason.
    """

    task: str
    seed: int
    why: str


class Results(Record):
    """A submission that was verified.

    Attributes:
        method: What it says of itself.
        answers: Verified answers.
        faults: Answers that are missing or do not count.
        left_out: Tasks that could not be verified here, by name, and why.
    """

    method: MethodFacts
    answers: tuple[Answer, ...]
    faults: tuple[Fault, ...]
    left_out: dict[str, str]


def verify(
    submissions: Sequence[Submission],
    benchmark: Benchmark,
    *,
    workers: int | None = None,
    done: Callable[[str], None] = lambda task: None,
) -> list[Results]:
    """Verify submissions.

    Args:
        submissions: Submissions of one form.
        benchmark: Benchmark.
        workers: Renders in parallel.
        done: Called with the name of each task that is done.

    Returns:
        Their results; equal submissions give equal results.

    Raises:
        ExperimentError: If the submissions are of different forms.
    """
    answers: list[list[Answer]] = [[] for _ in submissions]
    faults: list[list[Fault]] = [[] for _ in submissions]
    left_out: dict[str, str] = {}
    for task in claimed_tasks(submissions, benchmark):
        try:
            judge = _Judge(benchmark, task, workers=workers)
        except MISTAKES as error:
            left_out[task.name] = str(error)
            continue
        with judge:
            for number, submission in enumerate(submissions):
                for claim in submission.facts.answers:
                    if claim.task != task.name:
                        continue
                    try:
                        answers[number].append(judge.answer(submission, claim))
                    except MISTAKES as error:
                        fault = Fault(task=task.name, seed=claim.seed, why=str(error))
                        faults[number].append(fault)
        done(task.name)
    return [
        Results(
            method=submission.facts,
            answers=tuple(answers[number]),
            faults=tuple(faults[number]),
            left_out=left_out,
        )
        for number, submission in enumerate(submissions)
    ]


def claimed_tasks(submissions: Sequence[Submission], benchmark: Benchmark) -> list[Task]:
    """Return the tasks for which there are answers.

    Raises:
        ExperimentError: If the submissions are of different forms, or answer what is no task.
    """
    forms = sorted({submission.facts.form for submission in submissions})
    if len(forms) > 1:
        raise ExperimentError(
            f"The submissions are of several forms ({', '.join(forms)}): verify those of one form "
            "together."
        )
    tasks = benchmark.tasks_of(forms[0])
    names = {task.name for task in tasks}
    seeds = benchmark.form(forms[0]).seeds
    for submission in submissions:
        keys = [(claim.task, claim.seed) for claim in submission.facts.answers]
        for name, seed in keys:
            if name not in names or seed not in seeds:
                raise ExperimentError(
                    f"{submission.folder} answers {name} with seed {seed}, which the form "
                    f"{forms[0]} does not have: take it out of its {METHOD}."
                )
        if len(set(keys)) < len(keys):
            raise ExperimentError(f"{submission.folder} answers a task twice: leave one out.")
    claimed = {claim.task for each in submissions for claim in each.facts.answers}
    return [task for task in tasks if task.name in claimed]


def write_results(results: Results, path: Path) -> None:
    """Write the results of a submission."""
    write_json(path, results)


def read_results(path: Path) -> Results:
    """Read the results of a submission.

    Raises:
        ExperimentError: If they are damaged.
        SynthError: If the file cannot be read.
    """
    file = path / RESULTS if path.is_dir() else path
    data = read_outside(file, kind="a file of results", max_bytes=_MAX_BYTES)
    try:
        return Results.model_validate_json(data)
    except ValueError as error:
        raise ExperimentError(f"{file} is damaged: verify its submission again.") from error


class _Judge:
    """A task, ready to measure answers."""

    def __init__(self, benchmark: Benchmark, task: Task, *, workers: int | None) -> None:
        self._benchmark = benchmark
        config = experiment(
            benchmark,
            task,
            objectives=list(benchmark.judges),
            search={"method": "random", "finalists": []},
        )
        self._setup: Setup = prepare(config, workers=workers)
        try:
            rng = np.random.default_rng((benchmark.version, zlib.crc32(task.name.encode())))
            drawn = self._setup.subspace.sample(benchmark.calibration, rng)
            scores = self._setup.scores(drawn, self._setup.objectives)
            self._random = self._named(np.nanmedian(scores, axis=0))
        except BaseException:
            self._setup.__exit__()
            raise

    def __enter__(self) -> "_Judge":
        return self

    def __exit__(self, *exception: object) -> None:
        self._setup.__exit__()

    def answer(self, submission: Submission, claim: Claim) -> Answer:
        """Measure an answer.

        Raises:
            ExperimentError: If it is missing, or breaks a rule.
            SynthError: If its preset cannot be read.
        """
        self._check(claim, submission.facts.form)
        path = submission.preset(claim.task, claim.seed)
        if path is None:
            raise ExperimentError("Its preset is missing.")
        values = self._lawful(read_preset(path, self._setup.synth).values)
        renders = self._setup.synth.render(values[np.newaxis], self._setup.performance)
        if renders.status[0] != Status.ok:
            raise ExperimentError(f"Its preset is {Status(renders.status[0]).name}.")
        audio = renders.audio[0]
        heard = differences(self._setup, audio)
        voiced = any(each.what == "pitch" for each in heard.heard) or "pitch" in heard.alike
        return Answer(
            task=claim.task,
            seed=claim.seed,
            renders=claim.renders,
            seconds=claim.seconds,
            distances=self._named(self._setup.objectives.score(audio[np.newaxis])[0]),
            random=self._random,
            plainest=max((each.plainness for each in heard.heard), default=0.0),
            pitch_right="pitch" in heard.alike if voiced else None,
        )

    def _check(self, claim: Claim, form: str) -> None:
        limits = self._benchmark.form(form)
        if claim.renders > limits.renders:
            raise ExperimentError(
                f"It took {claim.renders:,} renders, and {limits.renders:,} are allowed."
            )
        if claim.seconds > 1.1 * limits.seconds:  # a search ends with its generation
            raise ExperimentError(
                f"It took {claim.seconds:,.0f} s, and {limits.seconds:,.0f} are allowed."
            )

    def _lawful(self, values: Array) -> Array:
        """Return values `[P]` within the lock.

        Raises:
            ExperimentError: If a locked parameter was changed, or a limit exceeded.
        """
        space, subspace = self._setup.synth.space, self._setup.subspace
        row = values[np.newaxis]
        lawful = subspace.decode(subspace.encode(row))[0]
        near = np.array([0.0 if each.levels else _NEAR for each in space.parameters])
        changed = np.abs(space.snap(row)[0] - lawful) > near + 1e-6
        if changed.any():
            names = [name for name, each in zip(space.names, changed, strict=True) if each]
            raise ExperimentError(f"{', '.join(names[:3])} may not be moved so in this task.")
        return np.asarray(lawful)

    def _named(self, scores: Array) -> dict[str, float]:
        names = self._setup.objectives.names
        pairs = zip(names, scores.tolist(), strict=True)
        return {name: score for name, score in pairs if np.isfinite(score)}
