"""The search of one run: calibration, what it starts from, optimizer, log."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.open_synth import qualified_noise
from patchwright.experiments.match.setup import Setup
from patchwright.experiments.match.warm_start import initial_genotypes
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.store import RenderStore, Starts, stored_starts
from patchwright.objectives.residuals import WIDTH
from patchwright.search import Calibration, EvaluationLog, Generation, SearchResult, calibrate, run


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        calibration: That it began with.
        result: Its end.
        starts: What it took from a store of earlier renders, if it had one.
    """

    calibration: Calibration
    result: SearchResult
    starts: Starts | None


def run_search(
    config: ExperimentConfig,
    setup: Setup,
    folder: RunFolder,
    *,
    callbacks: Sequence[Callable[[Generation], None]],
) -> Found:
    """Search, or go on with a search from the log in its folder.

    Args:
        config: Of the run.
        setup: That it works with.
        folder: Of the run.
        callbacks: Called after each generation.

    Raises:
        ExperimentError: If what it is to start from cannot be read.
        SearchError: If the method or its log is wrong, or nothing is within the constraints.
    """
    with contextlib.ExitStack() as held:
        store = starts = None
        initial = initial_genotypes(config.search.initial, setup.synth, setup.subspace)
        if config.search.store is not None:
            store = RenderStore(config.search.store, setup.synth, setup.performance)
            held.enter_context(store)
            target = setup.objectives.target
            starts = stored_starts(folder.path, store, target, setup.subspace, config.search)
            initial = np.concatenate([initial, starts.genotypes])
        evaluate = held.enter_context(setup.evaluator(store))
        names = setup.objectives.names
        log = EvaluationLog(
            folder.evaluations,
            setup.subspace.names,
            names,
            setup.descriptors.names,
            residuals=WIDTH if setup.method.residuals else 0,
        )
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
        optimizer = setup.optimizer(config, calibration.best(len(calibration.evaluations)))
        noise = qualified_noise(setup.synth, config.synth)
        result = run(
            evaluate,
            optimizer,
            config.search.budget,
            calibration=calibration,
            floor=np.array([noise.get(name, 0.0) for name in names]),
            log=log,
            callbacks=callbacks,
        )
    return Found(calibration, result, starts)
