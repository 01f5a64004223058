"""Page of a listening test, written together with its key."""

import json
import string
from importlib.metadata import version
from pathlib import Path

from markupsafe import Markup

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import PageKey
from patchwright.experiments.compare.listening.sounds import trial_sounds
from patchwright.experiments.compare.listening.trials import MAX_SOUNDS, plan_trials
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.pages.drawing import PALETTE
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.records.run_folder import write_text

WORDS = ("excellent", "good", "fair", "poor", "bad")
"""Labels of the five intervals of the scale, from 100 to 0 (ITU-R BS.1534-3)."""


def write_listening(
    design: Design,
    folder: Path,
    *,
    seed: int = 0,
    max_trials: int | None = None,
    level: str = "absolute",
) -> tuple[Path, Path]:
    """Write the page of a listening test, and the key for reading the answers.

    The page embeds all sounds, because a browser does not let a local page read other files, and
    needs the samples to switch between sounds without a gap. The page names no run. Equal runs and
    options give equal bytes.

    Args:
        design: Runs whose answers are rated.
        folder: Output folder.
        seed: Seed of the order of trials and sounds, and of the choice among seeds of a target.
        max_trials: Maximum number of trials; one per target if None.
        level: Level of the answers: ``absolute``, ``loudness`` or ``peak``; see `objectives.View`.

    Returns:
        Paths of the page and of its key.

    Raises:
        ExperimentError: If a sound is missing, there are too many groups, or the folder holds the
            key of another page.
        ObjectiveError: If the level is unknown.

    Examples:
        ::

            runs = [read_run(folder) for folder in find_runs([Path("runs/suite")])]
            page, key = write_listening(arrange(runs), Path("listening"), level="loudness")
    """
    key = PageKey(
        patchwright=version("patchwright"),
        seed=seed,
        level=level,
        trials=tuple(plan_trials(design, seed=seed, max_trials=max_trials)),
    )
    place = folder / "key.json"
    content = json.dumps(key.model_dump(mode="json", exclude_defaults=True), indent=2) + "\n"
    if place.exists() and place.read_text(encoding="utf-8") != content:
        raise ExperimentError(
            f"{place} is the key of another page, whose answers cannot be read without it: choose "
            "another --out."
        )
    page = _page(key, design.runs[0][0].config.sr)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(place, content)
    write_text(folder / "page.html", page)
    return folder / "page.html", place


def _page(key: PageKey, sr: int) -> str:
    environment = templates("patchwright.experiments.compare.listening")
    script = Markup(environment.get_template("listen.js.j2").render())  # noqa: S704 - our own
    return environment.get_template("listen.html.j2").render(
        version=key.patchwright,
        study={
            "page": key.page,
            "sr": sr,
            "letters": string.ascii_uppercase[:MAX_SOUNDS],
            "trials": [trial_sounds(trial, level=key.level) for trial in key.trials],
        },
        words=WORDS,
        palette=PALETTE,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        script=script,
        allowed=[script_digest(script)],
    )
