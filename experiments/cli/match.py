"""The command that matches one recording; `run_one` serves the command `run` as well."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patchwright.experiments.cli.explore import choose_free
from patchwright.experiments.cli.interrupt import resumable
from patchwright.experiments.cli.options import (
    ByEar,
    Input,
    Lock,
    Note,
    Out,
    Overrides,
    Results,
    Resume,
    Seed,
    Spec,
    Study,
    SynthOption,
    Trust,
    Workers,
)
from patchwright.experiments.cli.studio import need_studio, serve_studio
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.console import console, errors

if TYPE_CHECKING:
    from patchwright.experiments.config import ExperimentConfig

# slow modules are imported where they are used, so that --help is quick


def match_command(
    target: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recording: WAV, FLAC, OGG or MP3. Several, or a folder of them, are notes of one "
            "instrument."
        ),
    ] = None,
    synth: SynthOption = "subtractive",
    like_preset: Annotated[
        Path | None,
        typer.Option(
            help="Preset to sound like, instead of a recording: a preset file, bank, or project of "
            "Ardour, Carla or REAPER that has the plugin."
        ),
    ] = None,
    like_synth: Annotated[
        str | None,
        typer.Option(help="Synth or plugin that --like-preset is for. Default: that of --synth."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Name or number of the preset in the bank or project of --like-preset."),
    ] = None,
    dry: Annotated[
        Path | None,
        typer.Option(
            help="Same sound without effects, from the same start, for --synth 'effects: ...'."
        ),
    ] = None,
    dry_like: Annotated[
        Path | None,
        typer.Option(
            help="Folder of other dry sounds of the same instrument, if there is no --dry: the "
            "nearest in pitch and length stands for it, and the answer is a guess."
        ),
    ] = None,
    recognise: Annotated[
        Path | None,
        typer.Option(
            help="With --dry: folder of a recogniser that hears which effects to search for."
        ),
    ] = None,
    but: Annotated[
        str | None,
        typer.Option(
            help="Wishes by which the target differs from the recording, separated by commas: "
            "brighter, darker, more noise, less noise, louder, quieter (6 dB, or N dB), attack "
            "N ms."
        ),
    ] = None,
    spec: Spec = None,
    input: Input = None,
    lock: Lock = None,
    free: Annotated[
        int | None,
        typer.Option(
            help="Number of free parameters of a plugin without a lock: those that matter most, "
            "measured once. Default: 32."
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            help="Distance to minimise, or set of distances; may be repeated. Default: the set "
            "'default'."
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="Words that the sound shall resemble as well, such as 'warm pad', as one more "
            "distance; needs --clap. It is rough: it tells kinds of sounds, not fine differences."
        ),
    ] = None,
    clap: Annotated[
        Path | None, typer.Option(help="Folder of a CLAP model, with its tokenizer, for --text.")
    ] = None,
    initial: Annotated[
        list[str] | None,
        typer.Option(
            help="Preset file, bank or run to start from, or 'programs' for the plugin's own; may "
            "be repeated."
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="Optimizer; see 'patchwright optimizers'.")] = "auto",
    renders: Annotated[
        int | None, typer.Option(help="Budget of renders. Default: 2500; of hardware 250.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Budget in seconds, instead of renders.")
    ] = None,
    note: Note = None,
    notes: Annotated[
        str | None, typer.Option(help="Several notes, such as 'C4:0.5 E4+G4:1'.")
    ] = None,
    midi: Annotated[Path | None, typer.Option(help="MIDI file with several notes.")] = None,
    transcribe: Annotated[
        bool, typer.Option("--transcribe", help="Hear the notes of a phrase, and play those.")
    ] = False,
    start: Annotated[float | None, typer.Option(help="Seconds of the recording to skip.")] = None,
    length: Annotated[
        float | None, typer.Option(help="Seconds of the recording to use. Default: all.")
    ] = None,
    seed: Seed = 0,
    overrides: Overrides = None,
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
    results: Results = None,
    study: Study = None,
    by_ear: ByEar = False,
    trust: Trust = None,  # used by its callback
) -> None:
    """Find presets of a synth that sound like a recording."""
    from patchwright.experiments.config import check_experiment, override
    from patchwright.experiments.config.search import PROGRAMS
    from patchwright.experiments.config.target import recordings
    from patchwright.experiments.match.explored import FREE, is_unlocked
    from patchwright.synths.hardware.address import is_hardware

    target = target or []
    if (like_preset is None) == (not target):
        raise ExperimentError("Give a recording or --like-preset, one of the two.")
    if like_preset is None and (like_synth is not None or preset is not None):
        raise ExperimentError("--like-synth and --preset are for --like-preset: leave them out.")
    if like_preset is not None and (transcribe or dry_like is not None or recognise is not None):
        raise ExperimentError(
            "--transcribe, --dry-like and --recognise hear a recording: leave them out, or "
            "--like-preset."
        )
    if transcribe:
        if note is not None or notes is not None or midi is not None or len(target) > 1:
            raise ExperimentError(
                "--transcribe hears the notes of one recording: leave out other recordings, "
                "--note, --notes and --midi, or --transcribe."
            )
        notes = heard_notes(target[0], start, length)
    if dry_like is not None:
        if dry is not None or len(target) > 1:
            raise ExperimentError("--dry-like stands for the --dry of one sound: leave one out.")
        dry = guessed_dry(target[0], dry_like, start, length)
    if recognise is not None:
        if dry is None or synth != "subtractive":
            raise ExperimentError("--recognise chooses the effects: give --dry, and no --synth.")
        synth = heard_chain(recognise, target[0], start, length)
    content: dict[str, Any] = {
        "target": {
            **(
                recordings([path.resolve() for path in target])
                if like_preset is None
                else {"preset": like_preset.resolve(), "program": preset, "synth": like_synth}
            ),
            "note": note,
            "notes": notes,
            "midi": None if midi is None else str(midi.resolve()),
            "start": start,
            "length": length,
        }
        | ({"dry": dry.resolve()} if dry is not None else {})
        | ({"guessed": True} if dry_like is not None else {})
        | ({"but": but} if but is not None else {}),
        "synth": {"name": synth}
        | ({"spec": str(spec)} if spec is not None else {})
        | ({"line": {"input": input}} if input is not None else {})
        | ({"lock": lock} if lock is not None else {}),
        "search": {"method": method, "seconds": seconds},
        "seed": seed,
    }
    if is_hardware(synth):
        content["search"] |= hardware_search(method, renders, seconds)
    elif renders is not None or seconds is not None:
        content["search"]["renders"] = renders
    if (text is None) != (clap is None):
        raise ExperimentError(
            "--text and --clap go together: give words, and the folder of a CLAP model such as "
            "laion/clap-htsat-unfused, downloaded from the Hugging Face hub."
        )
    if objective:
        content["objectives"] = objective
    if text is not None and clap is not None:
        words = {"embedding": f"clap:{clap.resolve()}", "text": text}
        content["objectives"] = [
            *(objective or ["default"]),
            {"name": "embedding", "label": "text", "options": words},
        ]
    if initial:
        content["search"]["initial"] = [
            start if start == PROGRAMS else str(Path(start).resolve()) for start in initial
        ]
    for text in overrides or ():
        override(content, text)
    config = check_experiment(content, "match")
    if is_unlocked(config.synth):
        config = choose_free(config, FREE if free is None else free, workers)
    elif free is not None:
        raise ExperimentError("--free is for a plugin without a lock: leave it or --lock out.")
    run_one(config, out, resume, workers, results=results, study=study, by_ear=by_ear)


def hardware_search(method: str, renders: int | None, seconds: float | None) -> dict[str, Any]:
    """Return the budget of a synth that plays in real time, and the method that suits it.

    Up to 500 renders `auto` is `portfolio`, the best at 250; see docs/search.md. With seconds alone
    `auto` does not know how few they are.
    """
    if renders is None and seconds is None:
        renders = 250
    few = {} if renders is None else {"calibration": max(10, min(50, renders // 5))}
    hasty = renders is None and method == "auto"
    return (
        {"renders": renders} | few | ({"method": "portfolio", "calibration": 50} if hasty else {})
    )


def heard_notes(recording: Path, start: float | None, length: float | None) -> str:
    """Transcribe a phrase, show its notes as text that can be edited, and return them."""
    from patchwright.experiments.recordings.transcription import transcribe
    from patchwright.synths.performance import notes_text

    notes = transcribe(recording, start=start, length=length)
    text = notes_text(notes)
    errors.print(
        f"{len(notes)} notes are heard in {recording.name}: if some are wrong, stop, edit them, "
        "and give them instead of --transcribe:"
    )
    errors.print(f'--notes "{text}"', soft_wrap=True)
    return text


def guessed_dry(wet: Path, folder: Path, start: float | None, length: float | None) -> Path:
    """Choose the dry sound that stands for the one that is not there, and say which it is."""
    from patchwright.experiments.match.dry_guess import nearest_dry

    chosen = nearest_dry(wet, folder, start=start, length=length)
    errors.print(f"{chosen.name} stands for the dry sound: the effects will be a guess.")
    return chosen


def heard_chain(model: Path, wet: Path, start: float | None, length: float | None) -> str:
    """Recognise the effects on a sound, show them, and return the synth that searches them."""
    from patchwright.experiments.recognition.recognise import chain_of, recognise
    from patchwright.surrogates.effects import Recogniser

    heard = recognise(wet, Recogniser.read(model), start=start, length=length)
    synth = f"effects: {chain_of(heard, wet)}"
    likely = ", ".join(f"{name} {heard.probabilities[name]:.0%}" for name in heard.present)
    errors.print(
        f"Effects that are heard in {wet.name}: {likely}. If some are wrong, stop, and name them: "
        f"--synth '{synth}'",
        markup=False,
        soft_wrap=True,
    )
    return synth


def run_one(
    config: "ExperimentConfig",
    out: Path | None,
    resume: bool,
    workers: int | None,
    *,
    results: str | None,
    study: str | None,
    by_ear: bool,
) -> None:
    """Run an experiment with a progress bar, and print the result; see `run_experiment`."""
    from patchwright.experiments.match.progress import SearchProgress
    from patchwright.experiments.match.run import run_experiment
    from patchwright.experiments.records.run_folder import RunFolder

    titles = [objective.title for objective in config.objectives]
    if by_ear:
        need_studio()
    progress = SearchProgress(config.search, titles, errors)
    folder: list[RunFolder] = []

    def again() -> str:
        return folder[0].resume_command(
            workers=workers, results=results, study=study, by_ear=by_ear
        )

    def announce(path: Path, sentence: str) -> None:
        folder.append(RunFolder(path))
        errors.print(sentence)
        stack.enter_context(progress)

    with (
        resumable(lambda: again() if folder else None),
        contextlib.ExitStack() as stack,
    ):
        found = run_experiment(
            config,
            out=out,
            resume=resume,
            workers=workers,
            announce=announce,
            callbacks=[progress],
            results=results,
            study=study,
        )
    summary = found.summary
    best = summary.native.file if summary.native else "best.json"
    console.print(
        f"The best of {summary.renders} renders matches {summary.match:.0%}: {found.folder / best}",
    )
    if summary.differences or summary.alike:
        console.print(f"What still differs: {summary.in_words()}.")
    for wish in summary.wishes:
        console.print(f"Wished: {wish.in_words()}.", markup=False)
    closer = ", ".join(f"{summary.closer_than[name]:.0%} by {name}" for name in summary.objectives)
    console.print(f"Random presets that are farther from the target: {closer}.")
    console.print(f"Report: {found.report}")
    if by_ear:
        serve_studio(found.folder.parent, run=found.folder, port=0, workers=workers)
