"""One run: read a recording, search presets that sound like it, prove them by rendering."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.config import ExperimentConfig, check_experiment
from experiments.errors import ExperimentError
from experiments.evaluator import Evaluator
from experiments.recording import Recording, read_recording
from experiments.registry import check_options, find
from experiments.report import write_report
from experiments.results import Proof, versions, write_results
from experiments.run_folder import RunFolder, new_folder
from objectives import OBJECTIVES, ObjectiveSet, Target
from search import OPTIMIZERS, EvaluationLog, Generation, calibrate, run
from synths import Note, Performance
from synths.builtin import SYNTHS


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
    target: str | Path,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    **config: Any,
) -> Match:
    """Find presets that sound like a recording.

    Args:
        target: WAV, FLAC, OGG or MP3 of one note.
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
    content = {"target": {"path": str(Path(target).resolve())}, **config}
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
    announce: Callable[[Path, Recording], None] | None = None,
    callbacks: Sequence[Callable[[Generation], None]] = (),
) -> Match:
    """Run an experiment, or go on with one.

    Args:
        config: What to do.
        out: Folder of the run; a new one in `runs/` if None.
        resume: Go on with the run in `out`, if there is one.
        workers: Threads; one a core if None. The result does not depend on it.
        announce: Called with the folder and the recording before the search begins.
        callbacks: Called after each generation.

    Returns:
        The finished run.

    Raises:
        ExperimentError: If the target or the folder is wrong.
        SynthError: If the locks are wrong.
        ObjectiveError: If an objective cannot measure the target.
        SearchError: If the method or its log is wrong.
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the run to go on with.")
    method = find("optimizer", config.search.method, OPTIMIZERS)
    check_options("optimizer", config.search.method, method, config.search.options)
    chosen = [find("objective", name, OBJECTIVES)() for name in config.objectives]
    synth = find("synth", config.synth.name, SYNTHS)()
    subspace = synth.space.lock(config.synth.lock, free=config.synth.free)
    recording = read_recording(
        config.target.path,
        sr=config.sr,
        note=config.target.note,
        duration=config.target.duration,
        start=config.target.start,
        length=config.target.length,
    )
    performance = Performance(
        notes=(
            Note(
                pitch=recording.note,
                velocity=config.target.velocity,
                duration=recording.duration,
            ),
        ),
        length=recording.audio.shape[1] / config.sr,
        sr=config.sr,
    )
    target = Target(recording.audio, config.sr)
    objectives = ObjectiveSet(chosen, target)
    name = f"{config.target.path.stem}-{config.synth.name}-{config.search.method}-{config.seed}"
    folder = RunFolder(new_folder(Path("runs"), name) if out is None else Path(out))
    record = {"target_sha256": recording.sha256, "versions": versions()}
    with (
        folder.claim(config, record, resume=resume),
        Evaluator(
            synth, subspace, performance, objectives, workers=workers or os.cpu_count() or 1
        ) as evaluate,
    ):
        if announce is not None:
            announce(folder.path, recording)
        log = EvaluationLog(folder.evaluations, subspace.names, objectives.names)
        calibration = calibrate(
            evaluate,
            subspace,
            config.search.calibration,
            np.random.default_rng((config.seed, 0)),
            log=log,
        )
        optimizer = method(
            subspace,
            len(chosen),
            seed=int(np.random.default_rng((config.seed, 1)).integers(2**31)),
            initial=calibration.best(len(calibration.evaluations)),
            **config.search.options,
        )
        result = run(
            evaluate,
            optimizer,
            config.search.budget,
            calibration=calibration,
            log=log,
            callbacks=callbacks,
        )
        proof = Proof(synth, subspace, performance, objectives)
        summary = write_results(folder, config, recording, calibration, result, proof)
        write_report(folder)
    return Match(folder.path, summary)
