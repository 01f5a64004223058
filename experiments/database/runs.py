"""Writing runs to the database, and finding them."""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.database.cells import check_cell, check_row
from patchwright.experiments.database.connection import Database
from patchwright.experiments.database.models import Run, Score
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.experiments.terminal.plain_text import shown

_AT_ONCE = 1_000  # hashes per query
_SUMMARY_COLUMNS = {
    *("synth", "free", "method", "seed", "renders", "generations", "seconds", "match"),
    *("verified", "statuses", "versions"),
}


def add_run(database: Database, run: FinishedRun) -> None:
    """Write a run, or replace it if it is there.

    Args:
        database: Database to write to.
        run: Finished run.

    Raises:
        ExperimentError: If the database cannot be used.
    """
    row = _run_row(run)
    with database.session() as session:
        # writing before reading avoids a deadlock of two processes
        dialect = postgresql if database.engine.dialect.name == "postgresql" else sqlite
        upsert = dialect.insert(Run).values(row)
        upsert = upsert.on_conflict_do_update(index_elements=[Run.key], set_=row)
        (run_id,) = session.execute(upsert.returning(Run.id)).one()
        session.execute(delete(Score).where(Score.run_id == run_id))
        session.execute(insert(Score), [{"run_id": run_id, **score} for score in _scores(run)])


def finished(database: Database, experiments: Iterable[str]) -> dict[str, float]:
    """Return the experiments that this version of Patchwright has finished, in any folder.

    Args:
        database: Database to look in.
        experiments: Hashes of their configs; see `config.identity.config_sha256`.

    Returns:
        Match of each finished one, by hash.

    Raises:
        ExperimentError: If the database cannot be read.
    """
    version = importlib.metadata.version("patchwright")
    hashes, matches = list(experiments), {}
    chosen = select(Run.experiment, Run.match, Run.versions, Run.id)
    with database.session() as session:
        for first in range(0, len(hashes), _AT_ONCE):
            some = chosen.where(Run.experiment.in_(hashes[first : first + _AT_ONCE]))
            for experiment, match, versions, number in session.execute(some):
                check_cell(Run.__table__.c.match, match, number)
                check_cell(Run.__table__.c.versions, versions, number)
                if versions.get("patchwright") == version:
                    matches[experiment] = match
    return matches


def find(session: Session, *, target: str | None = None) -> Iterator[Run]:
    """Find runs with their scores, in the order in which they were first added.

    Args:
        session: Session of a database.
        target: Name of their target; any if None.

    Yields:
        Each run.

    Raises:
        ExperimentError: If a cell is damaged.
    """
    chosen = select(Run).order_by(Run.id)
    if target is not None:
        chosen = chosen.where(Run.target == target)
    for run in session.scalars(chosen.execution_options(yield_per=1000)):
        for row in (run, *run.scores):
            check_row(row)
        yield run


def run_key(run: FinishedRun) -> str:
    """Return the hash of a run's config, target sound and versions.

    The path of the target's file is left out.
    """
    config = run.config.model_dump(mode="json", exclude_defaults=True)
    sound = {key: value for key, value in config["target"].items() if key not in ("path", "preset")}
    content = {
        "config": config | {"target": sound | {"name": run.target}},
        "target_sha256": run.summary.target.sha256,
        "versions": run.summary.versions,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()


def _run_row(run: FinishedRun) -> dict[str, object]:
    config, summary = run.config.model_dump(mode="json"), run.summary
    return {
        "key": run_key(run),
        "experiment": config_sha256(run.config),
        "folder": shown(str(run.folder.resolve())),
        "target": run.target,
        "target_sha256": summary.target.sha256,
        "lock": {key: config["synth"][key] for key in ("lock", "free")},
        "options": config["search"]["options"],
        "config": config,
        **summary.model_dump(include=_SUMMARY_COLUMNS),
    }


def _scores(run: FinishedRun) -> Iterator[dict[str, object]]:
    summary = run.summary
    # the metrics contain the objectives too
    metrics = {n: v for n, v in summary.metrics.items() if n not in summary.objectives}
    roles = {
        "optimised": summary.objectives,
        "metric": metrics,
        "number": summary.numbers.present(),
    }
    for role, values in roles.items():
        for name, value in values.items():
            yield {
                "name": name,
                "role": role,
                "value": value,
                "random_median": summary.random.get(name),
                "closer_than": summary.closer_than.get(name),
                "noise_floor": summary.noise_floor.get(name),
            }
