"""Cost of keeping a run as an Optuna study.

Run as ``python -m patchwright.experiments.bench.studies``.

Milliseconds per generation of 100, with 32 parameters and three objectives; and by how much writing
in the background prolongs a search that renders 100 presets per second on one core.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial
from rich.table import Table

from patchwright.experiments.bench.overhead import POPULATION, SUBSPACE
from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.config import check_experiment
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studies.journal import StudyJournal
from patchwright.experiments.studies.recorder import StudyRecorder
from patchwright.experiments.studies.run_study import RunStudy, Trials
from patchwright.experiments.studies.sql import StudyTables, open_studies
from patchwright.experiments.terminal.console import Console
from patchwright.search import Batch, Budget, EvaluationLog, Evaluations, RandomSearch, run
from patchwright.search.quiet import quiet
from patchwright.synths.parameters import Array

RENDERS, PACE = 300, 100.0


@quiet()
def main() -> None:
    """Print the milliseconds per generation and the shares of a search."""
    console = Console()
    with TemporaryDirectory() as place:
        table = Table("study", f"ms per generation of {POPULATION}", "bytes per trial")
        for name, (milliseconds, size) in _writing(Path(place)).items():
            table.add_row(name, f"{milliseconds:.0f}", f"{size:,.0f}" if size else "")
        console.print(table)
        table = Table("recorded in", "population", f"s for {RENDERS} renders", "longer by")
        for population in (10, POPULATION):
            plain = None
            for name, seconds in _searching(Path(place), population).items():
                plain = plain or seconds
                table.add_row(name, f"{population}", f"{seconds:.2f}", f"{seconds / plain - 1:.1%}")
        console.print(table)


def _writing(place: Path) -> dict[str, tuple[float, float]]:
    """Return milliseconds per generation and bytes per trial (0 if unknown) of each writer."""
    study = _study(place / "writing")
    genotypes = np.random.default_rng(0).random((POPULATION, len(SUBSPACE)))
    batch = Batch(_evaluations(genotypes), SUBSPACE.decode(genotypes), 1.0)
    trials = Trials(study).of(batch)
    journal = StudyJournal(study)
    tables = StudyTables(study, open_studies(place / "ours.db"))

    def by_optuna(storage: BaseStorage) -> Callable[[Sequence[FrozenTrial]], None]:
        return study.create(storage, "bench").add_trials

    own = place / "own.journal"
    writers = {
        "study.journal": journal.add,
        "a journal by Optuna": by_optuna(JournalStorage(JournalFileBackend(str(own)))),
        "SQLite, --study": tables.add,
        "SQLite by Optuna": by_optuna(RDBStorage(f"sqlite:///{place}/own.db")),
    }
    seconds = take_turns({name: partial(write, trials) for name, write in writers.items()}, 3)
    sizes = {
        "study.journal": (study.folder.path / "study.journal").stat().st_size / journal.count,
        "a journal by Optuna": own.stat().st_size / journal.count,
    }
    return {name: (1e3 * taken, sizes.get(name, 0.0)) for name, taken in seconds.items()}


def _searching(place: Path, population: int) -> dict[str, float]:
    """Return the seconds of a search by what is written besides."""
    storage = open_studies(place / "searching.db")
    counter = iter(range(1_000_000))

    def search(kept: str) -> None:
        study = _study(place / f"{population}-{next(counter)}")
        optimizer = RandomSearch(SUBSPACE, 3, seed=0, population=population)
        budget, log = Budget(renders=RENDERS), _log(study)
        if not kept:
            run(_busy, optimizer, budget, log=log)
            return
        with StudyRecorder(study, storage if kept == "sql" else None) as recorder:
            run(_busy, optimizer, budget, log=log, callbacks=[recorder])

    return take_turns(
        {
            "the evaluation log": lambda: search(""),
            "study.journal too": lambda: search("journal"),
            "SQLite too": lambda: search("sql"),
        },
        2,
    )


def _busy(genotypes: Array) -> Evaluations:
    """Use the processor for as long as renders would."""
    until = time.thread_time() + len(genotypes) / PACE
    while time.thread_time() < until:
        np.sort(np.arange(1_000.0))
    return _evaluations(genotypes)


def _study(folder: Path) -> RunStudy:
    folder.mkdir()
    config = check_experiment({"target": {"random": 0}}, "bench")
    study = RunStudy(RunFolder(folder), config, SUBSPACE)
    study.folder.config.touch()
    return study


def _log(study: RunStudy) -> EvaluationLog:
    titles = [objective.title for objective in study.config.objectives]
    return EvaluationLog(study.folder.evaluations, SUBSPACE.names, titles)


def _evaluations(genotypes: Array) -> Evaluations:
    n = len(genotypes)
    return Evaluations(genotypes, genotypes[:, :3], np.zeros(n, np.int8), np.full(n, 1 / PACE))


if __name__ == "__main__":
    main()
