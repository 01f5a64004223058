"""What listeners answered, and the key that tells what they heard."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import pydantic

from patchwright.experiments.config.model import Model
from patchwright.experiments.errors import ExperimentError

REFERENCE, ANCHOR = "reference", "anchor"

_GOOD = 90
_MOST = 0.15
"""ITU-R BS.1534-3 leaves out who rates the hidden reference below `_GOOD` in more than this share
of the trials."""

M = TypeVar("M", bound=Model)
Rating = Annotated[int, pydantic.Field(ge=0, le=100)]


class Stimulus(Model):
    """One sound of a trial.

    Attributes:
        sound: The hidden reference, the low anchor, or the answer of a run.
        run: The run's digest, as `run_digest` gives it; empty where there is none.
        folder: Where the run was, for people to read.
    """

    sound: Literal["reference", "anchor", "answer"]
    run: str = ""
    folder: str = ""


class Trial(Model):
    """Sounds that are judged beside each other, in the order of the page."""

    target: str
    stimuli: tuple[Stimulus, ...]


class Key(Model):
    """Tells what is played where on a page."""

    patchwright: str
    seed: int
    level: str
    trials: Annotated[tuple[Trial, ...], pydantic.Field(min_length=1)]

    @property
    def page(self) -> str:
        """What the page of this key, and all answers to it, are marked with."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class Answers(Model):
    """What one listener saved.

    Attributes:
        page: Its mark.
        listener: Name or number.
        saved: The moment (ISO 8601).
        ratings: By trial and stimulus, 0 to 100; None where there is none.
    """

    page: str
    listener: Annotated[str, pydantic.StringConstraints(min_length=1, max_length=80)]
    saved: str
    ratings: list[list[Rating | None]]


@dataclass(frozen=True)
class Listening:
    """A page, who answered it, and who is left out.

    Attributes:
        key: Of the page.
        answers: Of the listeners that count; every sound of theirs is rated.
        excluded: Names of the others, and in how many trials each missed the hidden reference.
    """

    key: Key
    answers: tuple[Answers, ...]
    excluded: tuple[tuple[str, int], ...]


def run_digest(folder: Path) -> str:
    """Tell a finished run from all others, wherever its folder is moved."""
    return hashlib.sha256((folder / "summary.json").read_bytes()).hexdigest()[:16]


def read_listening(key: Path, files: Iterable[Path]) -> Listening:
    """Read the answers to a page, and screen the listeners.

    Who rates the hidden reference below 90 in more than 15 % of the trials is left out.

    Args:
        key: The page's, as `patchwright listen` wrote it.
        files: What listeners saved; a folder stands for all `.json` in it.

    Raises:
        ExperimentError: If a file is missing, damaged, unfinished or of another page, a listener
            comes twice, or nobody is left.
    """
    if not key.is_file():
        raise ExperimentError(
            f"There is no key {key}: name with --key the one that 'patchwright listen' wrote."
        )
    read = _read(key, Key, "write the page again with 'patchwright listen'")
    counted: list[Answers] = []
    excluded: list[tuple[str, int]] = []
    heard: dict[str, Path] = {}
    for file in _files(files):
        answers = _read(file, Answers, "save it again from the page")
        _check(answers, read, file, key)
        if answers.listener in heard:
            raise ExperimentError(
                f"{heard[answers.listener]} and {file} are both of the listener "
                f"{answers.listener}: leave one of them out."
            )
        heard[answers.listener] = file
        missed = _missed(answers, read)
        if missed > _MOST * len(read.trials):
            excluded.append((answers.listener, missed))
        else:
            counted.append(answers)
    if not counted:
        raise ExperimentError(
            f"All listeners missed the hidden reference too often ({', '.join(heard)}): ask others."
        )
    return Listening(read, tuple(counted), tuple(excluded))


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise ExperimentError(
                f"There are no answers at {path}: name files that listeners saved, or a folder "
                "of such."
            )
        found += inside
    return found


def _read(file: Path, kind: type[M], mend: str) -> M:
    try:
        return kind.model_validate_json(file.read_bytes(), strict=True)
    except pydantic.ValidationError as error:
        what = "key" if kind is Key else "answers"
        raise ExperimentError(f"{file} holds no {what}, or is damaged: {mend}.") from error


def _check(answers: Answers, key: Key, file: Path, path: Path) -> None:
    if answers.page != key.page:
        raise ExperimentError(
            f"{file} answers another page than that of {path}: name the key of its page with "
            "--key, or leave it out."
        )
    shape = [len(trial.stimuli) for trial in key.trials]
    if [len(ratings) for ratings in answers.ratings] != shape:
        raise ExperimentError(f"{file} holds no answers, or is damaged: save it again.")
    for number, ratings in enumerate(answers.ratings, start=1):
        if None in ratings:
            raise ExperimentError(
                f"{file} leaves a sound of trial {number} unrated: have {answers.listener} rate "
                "it and save again, or leave it out."
            )


def _missed(answers: Answers, key: Key) -> int:
    """In how many trials the hidden reference was not recognised."""
    return sum(
        stimulus.sound == REFERENCE and rating is not None and rating < _GOOD
        for trial, ratings in zip(key.trials, answers.ratings, strict=True)
        for stimulus, rating in zip(trial.stimuli, ratings, strict=True)
    )
