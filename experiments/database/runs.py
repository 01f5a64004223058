"""Writing runs to the database, and finding them there."""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.database.connection import Database
from patchwright.experiments.database.models import Run, Score
from patchwright.experiments.records.run_record import RunRecord

_AT_ONCE = 1_000  # hashes that a query names


def record(database: Database, run: RunRecord) -> None:
    """Write a run; one that is there already is written anew.

    Raises:
        ExperimentError: If the database refuses it.
    """
    row = _run_row(run)
    with database.session() as session:
        # it writes first and reads nothing before, so that no two processes lock each other out
        dialect = postgresql if database.engine.dialect.name == "postgresql" else sqlite
        upsert = dialect.insert(Run).values(row)
        upsert = upsert.on_conflict_do_update(index_elements=[Run.key], set_=row)
        (run_id,) = session.execute(upsert.returning(Run.id)).one()
        session.execute(delete(Score).where(Score.run_id == run_id))
        session.execute(insert(Score), [{"run_id": run_id, **score} for score in _scores(run)])


def finished(database: Database, experiments: Iterable[str]) -> dict[str, float]:
    """Find out which experiments this version of Patchwright has finished, in whatever folder.

    Args:
        database: Where they are written to.
        experiments: Hashes of their configs; see `config.identity.config_sha256`.

    Returns:
        The match of each that is finished.

    Raises:
        ExperimentError: If the database cannot be read.
    """
    here = importlib.metadata.version("patchwright")
    asked, found = list(experiments), {}
    chosen = select(Run.experiment, Run.match, Run.versions)
    with database.session() as session:
        for first in range(0, len(asked), _AT_ONCE):
            some = chosen.where(Run.experiment.in_(asked[first : first + _AT_ONCE]))
            for experiment, match, versions in session.execute(some):
                if versions.get("patchwright") == here:
                    found[experiment] = match
    return found


def find(session: Session, *, target: str | None = None) -> Iterator[Run]:
    """Runs with their scores, in the order that they were first written in.

    Args:
        session: Of a database.
        target: Name of the target that they have; any if None.
    """
    chosen = select(Run).order_by(Run.id)
    if target is not None:
        chosen = chosen.where(Run.target == target)
    yield from session.scalars(chosen.execution_options(yield_per=1000))


def run_key(run: RunRecord) -> str:
    """Hash what a run depends on: its config, the target's sound and the versions.

    Where the target's file lies does not count.
    """
    config = run.config.model_dump(mode="json", exclude_defaults=True)
    sound = {key: told for key, told in config["target"].items() if key not in ("path", "preset")}
    content = {
        "config": config | {"target": sound | {"name": run.target}},
        "target_sha256": run.summary["target"]["sha256"],
        "versions": run.summary["versions"],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()


def _run_row(run: RunRecord) -> dict[str, Any]:
    config, summary = run.config.model_dump(mode="json"), run.summary
    told = (
        *("synth", "free", "method", "seed", "renders", "generations", "seconds", "match"),
        *("verified", "statuses", "versions"),
    )
    return {
        "key": run_key(run),
        "experiment": config_sha256(run.config),
        "folder": str(run.folder.resolve()),
        "target": run.target,
        "target_sha256": summary["target"]["sha256"],
        "lock": {key: config["synth"][key] for key in ("lock", "free")},
        "options": config["search"]["options"],
        "config": config,
        **{key: summary[key] for key in told},
    }


def _scores(run: RunRecord) -> Iterator[dict[str, Any]]:
    summary = run.summary
    told = {"optimised": summary["objectives"], "metric": summary["metrics"]}
    told["parameters"] = summary["parameters"] or {}
    written = set()
    for role, figures in told.items():
        for name, value in figures.items():
            if name not in written:  # what is optimised is told among the metrics again
                written.add(name)
                yield {
                    "name": name,
                    "role": role,
                    "value": value,
                    "random_median": summary["random"].get(name),
                    "closer_than": summary["closer_than"].get(name),
                    "noise_floor": summary["noise_floor"].get(name),
                }
