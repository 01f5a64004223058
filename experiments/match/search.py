"""Search of one run: calibration, starting points, optimizer and log."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from patchwright.experiments.match.calibration_check import check_calibration
from patchwright.experiments.match.echo_starts import echo_starts
from patchwright.experiments.match.open_synth import qualified_noise
from patchwright.experiments.match.setup import Setup
from patchwright.experiments.match.warm_start import initial_genotypes
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.store import RenderStore, StoredStarts, stored_starts
from patchwright.search import Calibration, EvaluationLog, Generation, SearchResult, calibrate, run


@dataclass(frozen=True)
class SearchOutcome:
    """Results of a search.

    Attributes:
        calibration: Random presets that set the scale of the scores.
        result: Archive, history, and the reason why the search ended.
        starts: Presets taken from a store of earlier renders; None without a store.
    """

    calibration: Calibration
    result: SearchResult
    starts: StoredStarts | None


def run_search(
    setup: Setup, folder: RunFolder, *, callbacks: Sequence[Callable[[Generation], None]]
) -> SearchOutcome:
    """Search, or continue a search from the log in its folder.

    Args:
        setup: Synth, target, objectives and method of the run.
        folder: Folder of the run.
        callbacks: Functions to call after each generation.

    Returns:
        The results, not yet written except for the log.

    Raises:
        ExperimentError: If a starting point or the store cannot be read, or the presets of the
            calibration are all silent or sound alike.
        SearchError: If the method or its log is wrong, or no preset satisfies the constraints.
    """
    config, search = setup.config, setup.config.search
    with contextlib.ExitStack() as held:
        store = starts = None
        initial = initial_genotypes(
            search.initial, setup.synth, setup.subspace, most_programs=search.most_programs
        )
        if search.echoes:
            played, wet = setup.performance, setup.target.audio
            heard = echo_starts(setup.synth, setup.subspace, played.dry, wet, played.sr)
            initial = np.concatenate([initial, heard])
        if search.store is not None:
            store = RenderStore(search.store, setup.synth, setup.performance)
            held.enter_context(store)
            target = setup.objectives.target
            starts = stored_starts(folder.path, store, target, setup.subspace, search)
            initial = np.concatenate([initial, starts.genotypes])
        evaluate = held.enter_context(setup.evaluator(store))
        names = setup.objectives.names
        log = EvaluationLog(
            folder.evaluations,
            setup.subspace.names,
            names,
            setup.descriptors.names,
            residuals=0 if setup.residuals is None else setup.residuals.width,
        )
        calibration = calibrate(
            evaluate,
            setup.subspace,
            search.calibration,
            np.random.default_rng((config.seed, 0)),
            initial=initial,
            weights=np.array([objective.weight for objective in config.objectives]),
            descriptors=setup.descriptors,
            log=log,
        )
        noise = qualified_noise(setup.synth, config.synth)
        floor = np.array([noise.get(name, 0.0) for name in names])
        check_calibration(calibration, floor, setup)
        optimizer = setup.optimizer(calibration.best(len(calibration.evaluations)))
        result = run(
            evaluate,
            optimizer,
            search.budget,
            calibration=calibration,
            floor=floor,
            prior_weight=search.prior_weight,
            log=log,
            callbacks=callbacks,
        )
    return SearchOutcome(calibration, result, starts)
