"""The commands that recognise effects, and train recognition."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.train import Device, train_app
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.console import console, errors

# slow modules are imported where they are used, so that --help is quick

Model = Annotated[
    Path, typer.Option(help="Folder of a recogniser; see 'patchwright train recogniser'.")
]


def recognise_command(
    sounds: Annotated[list[Path], typer.Argument(help="Sound files: WAV, FLAC, OGG or MP3.")],
    model: Model,
    start: Annotated[float | None, typer.Option(help="Seconds of each file to skip.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line a file.")] = False,
) -> None:
    """Recognise which effects are on a sound, without the dry sound."""
    import json

    from patchwright.experiments.recognition.recognise import recognise
    from patchwright.surrogates.effects import Recogniser

    recogniser = Recogniser.read(model)
    for path in sounds:
        heard = recognise(path, recogniser, start=start)
        if as_json:
            content = {
                "file": str(path),
                "unknown": heard.unknown,
                "distance": round(heard.distance, 4),
                "probabilities": {k: round(p, 4) for k, p in heard.probabilities.items()},
            }
            console.print(json.dumps(content), markup=False, soft_wrap=True)
            continue
        ranked = sorted(heard.probabilities.items(), key=lambda pair: -pair[1])
        listed = ", ".join(f"{name} {probability:.0%}" for name, probability in ranked)
        said = " + ".join(heard.present) or "no effect"
        if heard.unknown:
            said = "unknown: it is unlike the sounds that were learned from"
        console.print(f"{path}: {said} ({listed})", markup=False, soft_wrap=True)


@train_app.command("recogniser")
def recogniser_command(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of dry sounds, named INSTRUMENT_..., or in a folder for each instrument."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the model.")],
    examples: Annotated[int, typer.Option(min=100, help="Wet sounds to learn from.")] = 12_000,
    network: Annotated[
        list[str] | None,
        typer.Option(help="Network: features or mel; may be repeated. Default: features."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    device: Device = "auto",
) -> None:
    """Train the recognition of effects on dry sounds of several instruments."""
    from patchwright.experiments.recognition.dry_folder import read_dry_folder
    from patchwright.experiments.terminal.counting import counting
    from patchwright.experiments.training.device import find_device
    from patchwright.surrogates.effects.networks import NETWORKS
    from patchwright.surrogates.effects.training import RecogniserTraining, train_recogniser
    from patchwright.synths import did_you_mean

    kinds = tuple(dict.fromkeys(network or ["features"]))
    for kind in kinds:
        if kind not in NETWORKS:
            raise ExperimentError(f"There is no network {kind!r}: {did_you_mean(kind, NETWORKS)}")
    if out.exists() and any(out.iterdir()):
        raise ExperimentError(f"{out} is not empty: give another --out.")
    sounds = read_dry_folder(folder)
    training = RecogniserTraining(examples=examples, networks=kinds, seed=seed)
    with counting("sounds made") as made:
        recogniser = train_recogniser(sounds, training, device=find_device(device), made=made)
    recogniser.write(out)
    scores = recogniser.card.scores
    errors.print(
        f"On instruments that took no part: {scores['accuracy_single']:.0%} of single effects and "
        f"of none, {scores['accuracy']:.0%} of labels, {scores['exact']:.0%} of whole chains."
    )
    console.print(f"Model: {out}")
