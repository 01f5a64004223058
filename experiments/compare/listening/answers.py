"""Answers of listeners, and the key to what they heard."""

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

_RECOGNISED = 90
_MAX_MISSED = 0.15
"""Post-screening of ITU-R BS.1534-3: a listener who rates the hidden reference below `_RECOGNISED`
in more than this share of the trials is excluded."""

_SAVE_AGAIN = "save it again from the page"

M = TypeVar("M", bound=Model)
Rating = Annotated[int, pydantic.Field(ge=0, le=100)]


class Stimulus(Model):
    """Sound of a trial.

    Attributes:
        sound: Kind of sound: hidden reference, low anchor, or the answer of a run.
        run: Digest of the run by `run_digest`; empty if the sound is not an answer.
        folder: Folder of the run; empty if the sound is not an answer.
    """

    sound: Literal["reference", "anchor", "answer"]
    run: str = ""
    folder: str = ""


class ListeningTrial(Model):
    """Sounds that are rated side by side.

    Attributes:
        target: Name of the target.
        stimuli: Sounds in the order of the page.
    """

    target: str
    stimuli: tuple[Stimulus, ...]


class PageKey(Model):
    """Key of a page: which sound is played where.

    Attributes:
        patchwright: Version of Patchwright that wrote the page.
        seed: Seed of the order of trials and sounds.
        level: Level of the sounds: ``absolute``, ``loudness`` or ``peak``.
        trials: Trials in the order of the page.
    """

    patchwright: str
    seed: int
    level: str
    trials: Annotated[tuple[ListeningTrial, ...], pydantic.Field(min_length=1)]

    @property
    def page(self) -> str:
        """Identifier of the page, which all answers to it carry."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class Answers(Model):
    """Answers that one listener saved.

    Attributes:
        page: Identifier of the page.
        listener: Name or number of the listener, 1 to 80 characters.
        saved: Time of saving (ISO 8601).
        ratings: Ratings from 0 to 100 by trial and stimulus; None for an unrated sound.
    """

    page: str
    listener: Annotated[str, pydantic.StringConstraints(min_length=1, max_length=80)]
    saved: str
    ratings: list[list[Rating | None]]


@dataclass(frozen=True)
class Listening:
    """Key of a page with the answers to it.

    Attributes:
        key: Key of the page.
        answers: Complete answers of the listeners who passed the screening.
        excluded: Name of each excluded listener, and the number of trials in which they missed the
            hidden reference.
    """

    key: PageKey
    answers: tuple[Answers, ...]
    excluded: tuple[tuple[str, int], ...]


def run_digest(folder: Path) -> str:
    """Return an identifier of a finished run that does not depend on its folder."""
    return hashlib.sha256((folder / "summary.json").read_bytes()).hexdigest()[:16]


def read_listening(key: Path, files: Iterable[Path]) -> Listening:
    """Read the answers to a page and screen the listeners.

    Listeners who rate the hidden reference below 90 in more than 15 % of the trials are excluded.

    Args:
        key: Key of the page, as written by `patchwright listen`.
        files: Files that listeners saved, or folders of ``.json`` files.

    Raises:
        ExperimentError: If a file is missing, damaged, incomplete or belongs to another page, if a
            listener appears twice, or if no listener remains.

    Examples:
        ::

            listening = read_listening(Path("listening/key.json"), [Path("answers")])
            comparison = compare_runs(runs, listening=listening)
    """
    if not key.is_file():
        raise ExperimentError(
            f"There is no key {key}: give the key that 'patchwright listen' wrote with --key."
        )
    read = _read(key, PageKey, "write the page again with 'patchwright listen'")
    counted: list[Answers] = []
    excluded: list[tuple[str, int]] = []
    by_listener: dict[str, Path] = {}
    for file in _files(files):
        answers = _read(file, Answers, _SAVE_AGAIN)
        _check(answers, read, file, key)
        if answers.listener in by_listener:
            raise ExperimentError(
                f"{by_listener[answers.listener]} and {file} are from the same listener, "
                f"{answers.listener}: leave out one of them."
            )
        by_listener[answers.listener] = file
        missed = _missed(answers, read)
        if missed > _MAX_MISSED * len(read.trials):
            excluded.append((answers.listener, missed))
        else:
            counted.append(answers)
    if not counted:
        raise ExperimentError(
            f"All listeners missed the hidden reference too often ({', '.join(by_listener)}): ask "
            "other listeners."
        )
    return Listening(read, tuple(counted), tuple(excluded))


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise ExperimentError(
                f"There are no answers at {path}: give files that listeners saved, or a folder of "
                "them."
            )
        files += inside
    return files


def _read(file: Path, kind: type[M], mend: str) -> M:
    try:
        return kind.model_validate_json(file.read_bytes(), strict=True)
    except pydantic.ValidationError as error:
        content = "key" if kind is PageKey else "answers"
        raise ExperimentError(f"{file} holds no {content}, or is damaged: {mend}.") from error


def _check(answers: Answers, key: PageKey, file: Path, path: Path) -> None:
    if answers.page != key.page:
        raise ExperimentError(
            f"{file} answers another page than that of {path}: give the key of its page with "
            "--key, or leave it out."
        )
    shape = [len(trial.stimuli) for trial in key.trials]
    if [len(ratings) for ratings in answers.ratings] != shape:
        raise ExperimentError(f"{file} holds no answers, or is damaged: {_SAVE_AGAIN}.")
    for number, ratings in enumerate(answers.ratings, start=1):
        if None in ratings:
            raise ExperimentError(
                f"{file} has no rating for a sound of trial {number}: ask {answers.listener} to "
                "rate it and save again, or leave the file out."
            )


def _missed(answers: Answers, key: PageKey) -> int:
    """Return the number of trials in which the hidden reference was not recognised."""
    return sum(
        stimulus.sound == REFERENCE and rating is not None and rating < _RECOGNISED
        for trial, ratings in zip(key.trials, answers.ratings, strict=True)
        for stimulus, rating in zip(trial.stimuli, ratings, strict=True)
    )
