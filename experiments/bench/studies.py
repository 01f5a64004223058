"""What keeping a run as a study of Optuna's costs: ``python -m experiments.bench.studies``.

Milliseconds a generation of 100, 32 parameters, three objectives.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from rich.console import Console
from rich.table import Table

from experiments.bench.overhead import POPULATION, SUBSPACE
from experiments.bench.timing import take_turns
from experiments.config import check_experiment
from experiments.run_folder import RunFolder
from experiments.studies.journal import StudyJournal
from experiments.studies.run_study import RunStudy, Trials
from search import EvaluationLog, Evaluations, Generation

STATE = Generation(0, 0, 0.0, np.zeros(3), 0.0, 0.0, replayed=False)


def main() -> None:
    """Measure, and print milliseconds a generation."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as place:
        run = RunStudy(
            RunFolder(Path(place)), check_experiment({"target": {"random": 0}}, "bench"), SUBSPACE
        )
        run.folder.config.touch()
        log = EvaluationLog(run.folder.evaluations, SUBSPACE.names, _titles(run))
        journal, written = StudyJournal(run), 0

        def ours() -> None:
            nonlocal written
            log.write(written, _evaluations(rng), 1.0)
            written += 1
            journal(STATE)

        ours()
        trials = next(Trials(run).new())

        def by_optuna(storage: BaseStorage) -> Callable[[], None]:
            study = run.create(storage, "bench")
            return lambda: study.add_trials(trials)

        seconds = take_turns(
            {
                "study.journal": ours,
                "a journal by Optuna": by_optuna(
                    JournalStorage(JournalFileBackend(str(Path(place, "own.journal"))))
                ),
                "SQLite by Optuna": by_optuna(RDBStorage(f"sqlite:///{place}/own.db")),
            },
            3,
        )
    table = Table("study", f"ms a generation of {POPULATION}")
    for name, taken in seconds.items():
        table.add_row(name, f"{1e3 * taken:.0f}")
    Console().print(table)


def _titles(run: RunStudy) -> list[str]:
    return [objective.title for objective in run.config.objectives]


def _evaluations(rng: np.random.Generator) -> Evaluations:
    scores, seconds = rng.random((POPULATION, 3)), rng.random(POPULATION)
    genotypes = rng.random((POPULATION, len(SUBSPACE)))
    return Evaluations(genotypes, scores, np.zeros(POPULATION, np.int8), seconds)


if __name__ == "__main__":
    main()
