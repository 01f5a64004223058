"""Puts the page of a listening test together, and writes it with its key."""

import json
import string
from importlib.metadata import version
from pathlib import Path

from markupsafe import Markup

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import Key
from patchwright.experiments.compare.listening.sounds import trial_sounds
from patchwright.experiments.compare.listening.trials import MOST_SOUNDS, plan_trials
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.pages.drawing import PALETTE
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.records.run_folder import write_text

WORDS = ("excellent", "good", "fair", "poor", "bad")
"""Of the five fifths of the scale, from 100 to 0 (ITU-R BS.1534-3)."""


def write_listening(
    design: Design,
    folder: Path,
    *,
    seed: int = 0,
    most: int | None = None,
    level: str = "absolute",
) -> tuple[Path, Path]:
    """Write the page of a listening test, and the key that its answers are read with.

    The page is one file that holds all its sounds: a browser does not let a page that it opened
    from a disk read other files, and without their samples it cannot change from one sound to
    another at the same moment. Nothing in it names a run. Equal runs and options give equal bytes.

    Args:
        design: The runs.
        folder: Where to.
        seed: Of the order of trials and sounds, and of which seed of a target is played.
        most: Trials; all targets if None.
        level: How loud answers are: ``absolute``, ``loudness`` or ``peak``; see `objectives.View`.

    Returns:
        The page and its key.

    Raises:
        ExperimentError: If a sound is missing, there are too many groups, or the folder holds the
            key of another page.
        ObjectiveError: If there is no such level.
    """
    key = Key(
        patchwright=version("patchwright"),
        seed=seed,
        level=level,
        trials=tuple(plan_trials(design, seed=seed, most=most)),
    )
    place = folder / "key.json"
    content = json.dumps(key.model_dump(mode="json", exclude_defaults=True), indent=2) + "\n"
    if place.exists() and place.read_text(encoding="utf-8") != content:
        raise ExperimentError(
            f"{place} is of another page, whose answers cannot be read without it: give another "
            "--out."
        )
    page = _page(key, design.runs[0][0].config.sr)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(place, content)
    write_text(folder / "page.html", page)
    return folder / "page.html", place


def _page(key: Key, sr: int) -> str:
    environment = templates("patchwright.experiments.compare.listening")
    script = Markup(environment.get_template("listen.js.j2").render())  # noqa: S704 - our own
    return environment.get_template("listen.html.j2").render(
        version=key.patchwright,
        study={
            "page": key.page,
            "sr": sr,
            "letters": string.ascii_uppercase[:MOST_SOUNDS],
            "trials": [trial_sounds(trial, level=key.level) for trial in key.trials],
        },
        words=WORDS,
        palette=PALETTE,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        script=script,
        allowed=[script_digest(script)],
    )
