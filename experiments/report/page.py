"""Puts the page together and writes it."""

import math
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from patchwright.experiments.pages.drawing import PALETTE, as_json
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.recordings.sound import (
    DYNAMIC_RANGE,
    PEAK,
    Sound,
    common_gain,
    data_uri,
    picture,
)
from patchwright.experiments.records.finished_run import FinishedRun, read_run
from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.report.facts import differing, facts, score_rows, warnings
from patchwright.experiments.report.front_figures import front_figure, profile_figure
from patchwright.experiments.report.knobs import hidden, knob_groups
from patchwright.experiments.report.score_figures import convergence_figure, random_figure
from patchwright.experiments.report.sound_figure import (
    DIFFERENCES,
    ERROR_RANGE,
    LEVELS,
    SIDES,
    error_figure,
    sound_figure,
)


def write_report(folder: RunFolder) -> Path:
    """Write the report of a finished run from what its folder holds.

    Args:
        folder: Of the run.

    Returns:
        The page: one HTML file that loads nothing else. Equal folders give equal bytes.

    Raises:
        ExperimentError: If a file of the run is missing or damaged.
    """
    write_text(folder.report, _page(read_run(folder)))
    return folder.report


def _page(run: FinishedRun) -> str:
    gain = common_gain(run.target, run.best)
    environment = templates("patchwright.experiments.report")
    script = Markup(environment.get_template("script.js.j2").render())  # noqa: S704 - our own
    plotly = Markup(get_plotlyjs())  # noqa: S704 - a library's
    return environment.get_template("report.html.j2").render(
        run=run,
        summary=run.summary,
        warnings=warnings(run.summary),
        facts=facts(run.summary),
        rows=score_rows(run),
        groups=knob_groups(run),
        hidden=hidden(run),
        sounds=[
            ("target", "Target", data_uri(run.target, gain, "wav")),
            ("best", "Best match", data_uri(run.best, gain, "wav")),
        ],
        gain=_decibels(gain),
        front=_front(run, gain),
        differing=differing(run),
        figures={name: as_json(figure) for name, figure in _figures(run, gain).items()},
        palette=PALETTE,
        levels=LEVELS,
        differences=DIFFERENCES,
        error_range=ERROR_RANGE,
        sides=SIDES,
        dynamic_range=DYNAMIC_RANGE,
        peak=PEAK,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        plotly=plotly,
        script=script,
        allowed=[script_digest(plotly), script_digest(script)],
    )


def _front(run: FinishedRun, gain: float) -> list[dict[str, Any]]:
    """The kept presets of the front, the answer first, with their sounds."""
    if len(run.objectives) < 2 and not differing(run):
        return []
    points = []
    for point in sorted(run.search["front"], key=lambda point: float(point["distance"])):
        sound = run.front[point["name"]]
        own = min(gain, common_gain(sound))
        points.append(
            point
            | {
                "uri": data_uri(sound, own, "flac"),
                "softer": _decibels(gain / own),
                "coordinates": [point["scaled"][name] for name in run.objectives],
            }
        )
    return points


def _figures(run: FinishedRun, gain: float) -> dict[str, Any]:
    names, summary, search = run.objectives, run.summary, run.search
    shown: dict[str, Sound] = {"target": run.target, "best": run.best}
    pictures = {name: picture(sound) for name, sound in shown.items()}
    reference = max(float(found.power.max()) for found in pictures.values())
    length = max(sound.seconds for sound in shown.values())
    drawn = {
        f"sound-{name}": sound_figure(
            sound,
            gain,
            pictures[name],
            reference=reference,
            length=length,
            colour=PALETTE[name],
        )
        for name, sound in shown.items()
    }
    drawn["error"] = error_figure(
        pictures["target"], pictures["best"], run.target.sr, reference=reference, length=length
    )
    drawn["random"] = random_figure(search["random"], search["scales"], summary["objectives"])
    if len(names) > 1:
        answer = min(search["front"], key=lambda point: float(point["distance"]))["name"]
        drawn["front"] = front_figure(search["front"], names, answer)
        if len(names) > 2:
            drawn["profile"] = profile_figure(search["front"], names, answer)
    drawn["convergence"] = convergence_figure(search["history"], search["scales"], names)
    return drawn


def _decibels(gain: float) -> float:
    return 20 * math.log10(gain)
