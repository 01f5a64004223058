"""One run: read a recording, search presets that sound like it, prove them by rendering."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, beside_folder, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.answer import write_answer
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.search import run_search
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.recordings.sound import common_gain, data_uri, read_sound
from patchwright.experiments.records.run_folder import (
    RunFolder,
    RunInputs,
    new_folder,
    write_text,
)
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.records.versions import versions
from patchwright.experiments.report import write_report
from patchwright.experiments.studies.recorder import StudyRecorder
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.search import Generation
from patchwright.synths.plugins.spec import spec_text


@dataclass(frozen=True)
class Match:
    """A finished run; in a notebook it shows players of the target and the best match.

    Attributes:
        folder: Folder with everything that the run left behind.
        summary: Contents of `summary.json`.
    """

    folder: Path
    summary: Summary

    @property
    def report(self) -> Path:
        """Page to look at and listen to."""
        return RunFolder(self.folder).report

    def _repr_html_(self) -> str:
        run = RunFolder(self.folder)
        target, best = read_sound(run.target), read_sound(run.best_audio)
        gain = common_gain(target, best)
        players = "".join(
            f'<td>{label}<br><audio controls src="{data_uri(sound, gain, "wav")}"></audio></td>'
            for label, sound in (("Target", target), ("Best match", best))
        )
        title = f"{self.summary.target.file} on {self.summary.synth}"
        place = html.escape(str(self.folder))
        return (
            f"<p><b>{html.escape(title)}: {self.summary.match:.0%}</b></p>"
            f"<table><tr>{players}</tr></table><p><code>{place}</code></p>"
        )


def match(
    target: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    **config: Any,
) -> Match:
    """Find presets that sound like a recording.

    Args:
        target: WAV, FLAC, OGG or MP3 of one note; or a mapping with its ``path`` and what else is
            known about it, such as ``notes`` (see `TargetConfig`).
        out: Folder of the run. Default: a new one in `runs/`.
        resume: Continue the run in `out`.
        workers: Threads, and processes of a plugin. Default: one per core.
        config: Keys of `ExperimentConfig`, such as ``synth="subtractive"``, ``seed=1`` or
            ``search={"method": "cmaes", "renders": 1000}``.

    Returns:
        The finished run.

    Raises:
        ExperimentError: If the target or the config is wrong, or the folder holds something else.

    Examples:
        Two minutes of search, on a plugin with 32 free parameters::

            from patchwright import match

            found = match("note.wav", synth={"name": "vst2:amsynth_vst", "lock": "amsynth-32"},
                          search={"seconds": 120, "renders": None})
            print(found.summary.match, found.report)
    """
    about = dict(target) if isinstance(target, Mapping) else {"path": target}
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
) -> Match:
    """Run an experiment, or continue one.

    Args:
        config: Config of the experiment.
        out: Folder of the run. Default: a new one in `runs/`.
        resume: Continue the run in `out`, if there is one.
        workers: Threads, and processes of a plugin. Default: one per core. The result does not
            depend on it.
        announce: Called before the search with the folder and one sentence about the target.
        callbacks: Called after each generation.
        report: Whether to write the page, some 5 MB; `write_report` writes it later as well.
        results: Database to add the finished run to; see `experiments.database`.
        study: Optuna database to write the run to, besides the journal in its folder.

    Returns:
        The finished run.

    Raises:
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
    synth = re.sub(r"\W+", "_", Path(config.synth.name).stem)
    name = f"{config.target.name}-{synth}-{config.search.method}-{config.seed}"
    folder = RunFolder(new_folder(Path("runs"), name) if out is None else Path(out))
    with prepare(config, workers=workers) as setup:
        inputs = RunInputs(target_sha256=setup.target.sha256, versions=versions(setup.synth))
        with folder.claim(config, inputs, resume=resume):
            write_text(folder.synth, spec_text(setup.synth.space))
            if announce is not None:
                announce(folder.path, setup.target.sentence())
            study_of_run = RunStudy(folder, config, setup.subspace)
            with StudyRecorder(study_of_run, destinations.studies) as recorder:
                found = run_search(setup, folder, callbacks=[recorder, *callbacks])
            summary = write_answer(setup, folder, found)
            if report:
                write_report(folder)
            destinations.write(folder)
    return Match(folder.path, summary)
