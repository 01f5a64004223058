"""The command that predicts presets with an estimator."""

from pathlib import Path
from typing import Annotated, Any

import typer

from patchwright.experiments.cli.match import run_one
from patchwright.experiments.cli.options import Note, Out, Overrides, Resume, Seed, Workers

# slow modules are imported where they are used, so that --help is quick

_CALIBRATION = 32  # random presets that tell what the distances are worth


def predict_command(
    target: Annotated[Path, typer.Argument(help="Recording: WAV, FLAC, OGG or MP3.")],
    estimator: Annotated[
        Path, typer.Option(help="Folder of an estimator; see 'patchwright train estimator'.")
    ],
    samples: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="Presets to draw and to render.")
    ] = 64,
    guidance: Annotated[
        float,
        typer.Option(
            min=0, help="Weight of the sound in a flow; more is nearer to what is typical of it."
        ),
    ] = 1.5,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the solver of a flow.")] = 16,
    synth: Annotated[
        str | None,
        typer.Option(
            help="Built-in synth or plugin, such as vst2:amsynth_vst. Default: the name of the "
            "synth that the estimator was trained on."
        ),
    ] = None,
    note: Note = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
) -> None:
    """Predict presets that sound like a recording, and render and rank them.

    It ends with the same folder and report as a match. A few random presets are rendered as well;
    they show what the distances are worth.
    """
    from patchwright.experiments.config import check_experiment, override
    from patchwright.surrogates.models.estimator import read_estimator_card

    card, _ = read_estimator_card(estimator)
    content: dict[str, Any] = {
        "target": {"path": str(target.resolve()), "note": note},
        "synth": {
            "name": synth or card.synth.name,
            "lock": {name: {"normalised": x} for name, x in card.synth.locked.items()},
            "limit": card.synth.limits,
        },
        "search": {
            "method": "predict",
            "estimator": str(estimator.resolve()),
            "options": {"samples": samples, "guidance": guidance, "steps": steps},
            "calibration": _CALIBRATION,
            "renders": _CALIBRATION + samples,
        },
        "seed": seed,
    }
    for text in overrides or ():
        override(content, text)
    config = check_experiment(content, "predict")
    run_one(config, out, resume, workers, results=None, study=None, by_ear=False)
