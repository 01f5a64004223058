"""One run: read a recording, search presets that sound like it, prove them by rendering."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwright.experiments.config import ExperimentConfig, beside_folder, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.results import write_results
from patchwright.experiments.match.search import run_search
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.run_folder import RunFolder, new_folder, write_text
from patchwright.experiments.records.versions import versions
from patchwright.experiments.report import write_report
from patchwright.experiments.studies.recorder import StudyRecorder
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.search import Generation
from patchwright.synths.plugins.spec import spec_text


@dataclass(frozen=True)
class Match:
    """A finished run.

    Attributes:
        folder: Where everything lies.
        summary: What `summary.json` holds.
    """

    folder: Path
    summary: dict[str, Any]

    @property
    def report(self) -> Path:
        """The page to look at and listen to."""
        return RunFolder(self.folder).report


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
            known of it, such as ``notes`` (see `patchwright.experiments.config.TargetConfig`).
        out: Folder of the run; a new one in `runs/` if None.
        resume: Go on with the run in `out`.
        workers: Threads; one a core if None.
        config: Keys of `ExperimentConfig`, such as ``synth="subtractive"``, ``seed=1`` or
            ``search={"method": "cmaes", "renders": 1000}``.

    Returns:
        The finished run.

    Raises:
        ExperimentError: If the target or the config is wrong, or the folder holds something else.
    """
    about = dict(target) if isinstance(target, Mapping) else {"path": target}
    content = {"target": about, **config}
    if "target" in config:
        raise ExperimentError("Give the target once: as the first argument.")
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
    """Run an experiment, or go on with one.

    Args:
        config: What to do.
        out: Folder of the run; a new one in `runs/` if None.
        resume: Go on with the run in `out`, if there is one.
        workers: Threads; one a core if None. The result does not depend on it.
        announce: Called with the folder and what was found of the target, in words, before the
            search begins.
        callbacks: Called after each generation.
        report: Write the page too; it is some 5 MB, and `write_report` does it later as well.
        results: Database to write the finished run to; see `patchwright.experiments.database`.
        study: Database of Optuna's to write it to, besides the journal in its folder.

    Returns:
        The finished run.

    Raises:
        ExperimentError: If the target, the folder or a database is wrong.
        SynthError: If the locks are wrong.
        ObjectiveError: If an objective cannot measure the target.
        SearchError: If the method or its log is wrong, or nothing is within the constraints.
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the run to go on with.")
    config = beside_folder(config, Path())
    destinations = Destinations.open(results, study)
    synth = re.sub(r"\W+", "_", Path(config.synth.name).stem)
    name = f"{config.target.name}-{synth}-{config.search.method}-{config.seed}"
    folder = RunFolder(new_folder(Path("runs"), name) if out is None else Path(out))
    with prepare(config, workers=workers) as setup:
        record = {"target_sha256": setup.recording.sha256, "versions": versions(setup.synth)}
        with folder.claim(config, record, resume=resume):
            write_text(folder.synth, spec_text(setup.synth.space))
            if announce is not None:
                announce(folder.path, setup.sentence())
            study_of_run = RunStudy(folder, config, setup.subspace)
            with StudyRecorder(study_of_run, destinations.studies) as recorder:
                found = run_search(config, setup, folder, callbacks=[recorder, *callbacks])
            summary = write_results(folder, config, setup, found)
            if report:
                write_report(folder)
            destinations.write(folder)
    return Match(folder.path, summary)
