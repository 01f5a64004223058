"""Report of one run as an HTML page."""

import math
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from patchwright.experiments.pages.drawing import PALETTE, as_json
from patchwright.experiments.pages.level_picture import LEVELS
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.recordings.sound import (
    DYNAMIC_RANGE,
    PEAK,
    Sound,
    common_gain,
    encode,
    picture,
)
from patchwright.experiments.records.finished_run import (
    FinishedRun,
    RunSounds,
    read_run,
    read_sounds,
)
from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.records.trace import FrontPreset
from patchwright.experiments.report.belief_figure import belief_figure
from patchwright.experiments.report.facts import differing, facts, score_rows, warnings
from patchwright.experiments.report.front_figures import front_figure, profile_figure
from patchwright.experiments.report.knobs import hidden, knob_groups
from patchwright.experiments.report.score_figures import convergence_figure, random_figure
from patchwright.experiments.report.sound_figure import (
    DIFFERENCES,
    ERROR_RANGE,
    SIDES,
    error_figure,
    sound_figure,
)
from patchwright.synths.performance.notes import pitch_name

_PLAINEST = 6.0  # doublings of a just noticeable difference that fill a bar


def write_report(folder: RunFolder) -> Path:
    """Write the report of a finished run from the files in its folder.

    Args:
        folder: Folder of the run.

    Returns:
        Path of the page, a self-contained HTML file; equal folders give equal bytes.

    Raises:
        ExperimentError: If a file of the run is missing or damaged.
    """
    run = read_run(folder.path)
    write_text(folder.report, _page(run, read_sounds(run)))
    return folder.report


def _page(run: FinishedRun, sounds: RunSounds) -> str:
    gain = common_gain(sounds.target, sounds.best)
    space = run.space()
    front = _front(run, sounds, gain)
    environment = templates("patchwright.experiments.report")
    script = Markup(environment.get_template("script.js.j2").render())  # noqa: S704 - our own
    plotly = Markup(get_plotlyjs())  # noqa: S704 - a library's
    return environment.get_template("report.html.j2").render(
        run=run,
        config_text=run.files.config.read_text(encoding="utf-8"),
        summary=run.summary,
        warnings=warnings(run.summary),
        facts=facts(run.summary),
        pitch_name=pitch_name,
        plainness=lambda difference: min(math.log2(1.0 + difference.plainness) / _PLAINEST, 1.0),
        rows=score_rows(run),
        groups=knob_groups(run, space),
        hidden=hidden(run, space),
        labels={"target": "Target", "best": "Best match"},
        sounds={
            "sr": sounds.target.sr,
            "files": {
                "target": encode(sounds.target, gain),
                "best": encode(sounds.best, gain),
                **{f"front/{row.preset.name}": row.file for row in front},
            },
        },
        gain=_decibels(gain),
        front=front,
        sounds_front=sounds.front,
        differing=differing(run),
        figures={name: as_json(figure) for name, figure in _figures(run, sounds, gain).items()},
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


@dataclass(frozen=True)
class _FrontRow:
    """A row of the table of kept presets.

    Attributes:
        preset: Kept preset.
        file: Its sound, a FLAC file in Base64.
        softer: Decibels by which it is played softer than the other sounds, to avoid clipping.
        coordinates: Scaled scores in the order of the objectives.
    """

    preset: FrontPreset
    file: str
    softer: float
    coordinates: list[float]


def _front(run: FinishedRun, sounds: RunSounds, gain: float) -> list[_FrontRow]:
    """List the kept presets of the front, the answer first, with their sounds."""
    if len(run.objectives) < 2 and not differing(run):
        return []
    rows = []
    answer, *others = run.trace.front
    for preset in (answer, *sorted(others, key=lambda preset: preset.distance)):
        sound = sounds.front[preset.name]
        own = min(gain, common_gain(sound))
        rows.append(
            _FrontRow(
                preset=preset,
                file=encode(sound, own),
                softer=_decibels(gain / own),
                coordinates=[preset.scaled[name] for name in run.objectives],
            )
        )
    return rows


def _figures(run: FinishedRun, sounds: RunSounds, gain: float) -> dict[str, go.Figure]:
    names, trace = run.objectives, run.trace
    shown: dict[str, Sound] = {"target": sounds.target, "best": sounds.best}
    pictures = {name: picture(sound) for name, sound in shown.items()}
    reference = max(float(image.power.max()) for image in pictures.values())
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
        pictures["target"], pictures["best"], sounds.target.sr, reference=reference, length=length
    )
    drawn["random"] = random_figure(trace.random, trace.scales, run.summary.objectives)
    if len(names) > 1:
        drawn["front"] = front_figure(trace, names)
        if len(names) > 2:
            drawn["profile"] = profile_figure(trace, names)
    drawn["convergence"] = convergence_figure(trace, names)
    if trace.believed:
        drawn["belief"] = belief_figure(trace)
    return drawn


def _decibels(gain: float) -> float:
    return 20 * math.log10(gain)
