"""One run, from a config to a folder with the presets, their renders and a report."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, beside_folder, check_experiment
from patchwright.experiments.config.target import recordings
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.answer import write_answer
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.open_synth import hardware_of
from patchwright.experiments.match.search import run_search
from patchwright.experiments.match.setup import Setup, prepare
from patchwright.experiments.recordings.sound import common_gain, encode, read_sound
from patchwright.experiments.records.run_folder import (
    RunFolder,
    RunInputs,
    new_folder,
    write_text,
)
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.report import write_report
from patchwright.experiments.studies.recorder import StudyRecorder
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.search import Generation
from patchwright.synths.hardware.synth import HardwareSynth
from patchwright.synths.plugins.spec import spec_text
from patchwright.synths.whole_file import safe_name


@dataclass(frozen=True)
class Match:
    """A finished run; in a notebook it shows players of the target and the best match.

    Attributes:
        folder: Folder of the run.
        summary: Contents of `summary.json`.
    """

    folder: Path
    summary: Summary

    @property
    def report(self) -> Path:
        """HTML page with the scores, the sounds and the parameters."""
        return RunFolder(self.folder).report

    def _repr_html_(self) -> str:
        run = RunFolder(self.folder)
        target, best = read_sound(run.target), read_sound(run.best_audio)
        gain = common_gain(target, best)
        players = "".join(
            f"<td>{label}<br><audio controls "
            f'src="data:audio/flac;base64,{encode(sound, gain)}"></audio></td>'
            for label, sound in (("Target", target), ("Best match", best))
        )
        title = f"{self.summary.target.file} on {self.summary.synth}"
        path, words = html.escape(str(self.folder)), html.escape(self.summary.in_words())
        return (
            f"<p><b>{html.escape(title)}: {self.summary.match:.0%}</b>; {words}</p>"
            f"<table><tr>{players}</tr></table><p><code>{path}</code></p>"
        )


def match(
    target: str | Path | Sequence[str | Path] | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    **config: Any,
) -> Match:
    """Find presets that sound like a recording.

    Args:
        target: WAV, FLAC, OGG or MP3 file of one note; several files, or a folder of them, of notes
            of one instrument; or a mapping with keys of `TargetConfig`, such as ``path`` and
            ``notes``.
        out: Folder of the run. Default: a new one in `runs/`.
        resume: Continue the run in `out`.
        workers: Number of threads, and of processes of a plugin. Default: one per core.
        config: Keys of `ExperimentConfig`, such as ``synth="subtractive"``, ``seed=1`` or
            ``search={"method": "cmaes", "renders": 1000}``.

    Returns:
        The finished run.

    Raises:
        ExperimentError: If the target or the config is wrong, or `out` holds something else.

    Examples:
        A random preset of the synth itself, found again with a small budget:

        >>> found = match({"random": 3, "length": 0.5}, synth="fm", out="runs/first",
        ...               search={"method": "random", "renders": 30, "calibration": 20})
        >>> found.summary.renders, found.report.name
        (30, 'report.html')

        A recording, and two minutes of search on a plugin with 32 free parameters::

            found = match("note.wav", synth={"name": "vst2:amsynth_vst", "lock": "amsynth-32"},
                          search={"seconds": 120, "renders": None})
            print(found.summary.match, found.report)
    """
    about = dict(target) if isinstance(target, Mapping) else recordings(target)
    content = {"target": about, **config}
    if "target" in config:
        raise ExperimentError("The target is given twice: give it as the first argument only.")
    return run_experiment(
        check_experiment(content, "match"), out=out, resume=resume, workers=workers
    )


def run_experiment(
    config: ExperimentConfig,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    announce: Callable[[Path, str], None] | None = None,
    callbacks: Sequence[Callable[[Generation], None]] = (),
    report: bool = True,
    results: str | None = None,
    study: str | None = None,
    patience: float = 120.0,
) -> Match:
    """Run an experiment, or continue one.

    Args:
        config: Config of the experiment.
        out: Folder of the run. Default: a new one in `runs/`.
        resume: Continue the run in `out`, if there is one.
        workers: Number of threads, and of processes of a plugin. Default: one per core. The result
            does not depend on it.
        announce: Function to call before the search, with the folder and a sentence about the
            target.
        callbacks: Functions to call after each generation.
        report: Whether to write the report, about 5 MB; `write_report` can write it later.
        results: Database to add the finished run to; see `experiments.database`.
        study: Optuna database to write the run to, in addition to the journal in its folder.
        patience: Seconds for which a database server that does not answer when the run is finished
            is tried again.

    Returns:
        The finished run.

    Raises:
        DatabaseAwayError: If a database server does not answer.
        ExperimentError: If the target, the folder or a database is wrong.
        SynthError: If the locks are wrong.
        ObjectiveError: If an objective cannot measure the target.
        SearchError: If the method or its log is wrong, or no preset satisfies the constraints.

    Examples:
        ::

            from patchwright import run_experiment
            from patchwright.experiments.config import load_experiment

            found = run_experiment(load_experiment("experiment.yaml"), out="runs/first")
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the run to continue.")
    config = beside_folder(config, Path())
    destinations = Destinations.open(results, study)
    synth = safe_name(re.sub(r"\W+", "_", Path(config.synth.name).stem))
    name = f"{safe_name(config.target.name)}-{synth}-{config.search.method}-{config.seed}"
    folder = RunFolder(new_folder(Path("runs"), name) if out is None else Path(out))
    with prepare(config, workers=workers) as setup:
        inputs = RunInputs(target_sha256=setup.target.sha256, versions=setup.versions)
        with folder.claim(config, inputs, resume=resume):
            write_text(folder.synth, spec_text(setup.synth.space))
            sentence = setup.target.sentence()
            if (hardware := hardware_of(setup.synth)) is not None:
                hardware.keep(folder.takes)
                sentence += f" {_about(hardware, setup)}"
            if announce is not None:
                announce(folder.path, sentence)
            study_of_run = RunStudy(folder, config, setup.subspace)
            with StudyRecorder(study_of_run, destinations.studies) as recorder:
                outcome = run_search(setup, folder, callbacks=[recorder, *callbacks])
            summary = write_answer(setup, folder, outcome)
            if report:
                write_report(folder)
            destinations.write(folder, patience=patience)
    return Match(folder.path, summary)


def _about(hardware: HardwareSynth, setup: Setup) -> str:
    """Say what was measured of a line to a hardware synth, and how long the search takes."""
    words = hardware.check(setup.performance.sr).in_words()
    each, renders = hardware.seconds(setup.performance), setup.config.search.renders
    minutes = None if renders is None else max(1, round(renders * each / 60))
    whole = "" if minutes is None else f", {renders} of them about {minutes} min"
    return (
        f"{hardware.line.port} is heard in {hardware.line.input}: {words}. A render takes "
        f"{each:.1f} s{whole}."
    )
