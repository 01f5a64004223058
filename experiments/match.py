"""One run: read a recording, search presets that sound like it, prove them by rendering."""

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.config import ExperimentConfig, beside_folder, check_experiment
from experiments.errors import ExperimentError
from experiments.qualification import qualified_noise
from experiments.report import write_report
from experiments.results import versions, write_results
from experiments.run_folder import RunFolder, new_folder, write_text
from experiments.setup import prepare
from experiments.store import RenderStore, stored_starts
from experiments.studies.recorder import StudyRecorder
from experiments.studies.run_study import RunStudy
from experiments.studies.sql import open_studies
from experiments.warm_start import initial_genotypes
from search import EvaluationLog, Generation, calibrate, run
from synths.plugin_spec import spec_text


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
            known of it, such as ``notes`` (see `experiments.config.TargetConfig`).
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
    results: str | Path | None = None,
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
        results: Database to write the finished run to; see `experiments.database`.
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
    keep = open_databases(results, study)
    storage = None if study is None else open_studies(study)
    synth = re.sub(r"\W+", "_", Path(config.synth.name).stem)
    name = f"{config.target.name}-{synth}-{config.search.method}-{config.seed}"
    folder = RunFolder(new_folder(Path("runs"), name) if out is None else Path(out))
    with prepare(config, workers=workers) as setup, contextlib.ExitStack() as held:
        record = {"target_sha256": setup.recording.sha256, "versions": versions(setup)}
        held.enter_context(folder.claim(config, record, resume=resume))
        write_text(folder.synth, spec_text(setup.synth.space))
        store, starts = None, None
        if config.search.store is not None:
            store = held.enter_context(
                RenderStore(config.search.store, setup.synth, setup.performance)
            )
        evaluate = held.enter_context(setup.evaluator(store))
        if announce is not None:
            announce(folder.path, setup.sentence())
        noise = qualified_noise(setup.synth, config.synth)
        log = EvaluationLog(
            folder.evaluations,
            setup.subspace.names,
            setup.objectives.names,
            setup.descriptors.names,
        )
        initial = initial_genotypes(config.search.initial, setup.synth, setup.subspace)
        if store is not None:
            starts = stored_starts(
                folder.path, store, setup.objectives.target, setup.subspace, config.search
            )
            initial = np.concatenate([initial, starts.genotypes])
        calibration = calibrate(
            evaluate,
            setup.subspace,
            config.search.calibration,
            np.random.default_rng((config.seed, 0)),
            initial=initial,
            weights=np.array([objective.weight for objective in config.objectives]),
            descriptors=setup.descriptors,
            log=log,
        )
        optimizer = setup.method(
            setup.subspace,
            len(config.objectives),
            seed=int(np.random.default_rng((config.seed, 1)).integers(2**31)),
            initial=calibration.best(len(calibration.evaluations)),
            budget=config.search.renders,
            **config.search.options,
        )
        with StudyRecorder(RunStudy(folder, config, setup.subspace), storage) as recorder:
            result = run(
                evaluate,
                optimizer,
                config.search.budget,
                calibration=calibration,
                floor=np.array([noise.get(name, 0.0) for name in setup.objectives.names]),
                log=log,
                callbacks=[recorder, *callbacks],
            )
        summary = write_results(folder, config, setup, calibration, result, starts)
        if report:
            write_report(folder)
        keep(folder)
    return Match(folder.path, summary)


def open_databases(results: str | Path | None, study: str | None) -> Callable[[RunFolder], None]:
    """Open the databases that finished runs go to, before a search that would be lost on them.

    Args:
        results: See `run_experiment`.
        study: See `run_experiment`.

    Returns:
        Writes a finished run to them; a run that is among the results is a study as well.

    Raises:
        ExperimentError: If one cannot be used.
    """
    writers: list[Callable[[RunFolder], None]] = []
    if study is not None:
        from experiments.studies.sql import open_studies, write_study

        storage = open_studies(study)
        writers.append(lambda folder: write_study(RunStudy.read(folder.path), storage))
    if results is not None:
        from experiments.database import open_database, record
        from experiments.records import read_record

        database = open_database(results)
        writers.append(lambda folder: record(database, read_record(folder.path)))

    def keep(folder: RunFolder) -> None:
        for write in writers:
            write(folder)

    return keep
