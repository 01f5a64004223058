"""The database as one tidy table, with a row per run and score."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from sqlalchemy import select

from patchwright.experiments.database.cells import check_cell
from patchwright.experiments.database.connection import Database
from patchwright.experiments.database.models import Run, Score
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.plain_text import spreadsheet_cell
from patchwright.synths.whole_file import whole_file

_WRITERS = {".csv": pyarrow.csv.write_csv, ".parquet": pyarrow.parquet.write_table}
_TEXT = {".csv": spreadsheet_cell}
_LEFT_OUT = (Run.id, Run.config, Score.run_id)


def export(database: Database, path: Path) -> int:
    """Write the table, whole or not at all; mappings are written as JSON.

    Args:
        database: Database of runs.
        path: File to write, ``.csv`` or ``.parquet``.

    Returns:
        Number of rows.

    Raises:
        ExperimentError: If the path has another suffix, or the database has no runs or a damaged
            cell.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ExperimentError(f"{path} is not a table: give a name that ends in .csv or .parquet.")
    left_out = {column.key for column in _LEFT_OUT}
    columns = [*Run.__table__.columns, *Score.__table__.columns]
    kept = [column for column in columns if column.name not in left_out]
    # clearer names for a run's `key` and a score's `name`
    names = [{"key": "run", "name": "metric"}.get(column.name, column.name) for column in kept]
    with database.session() as session:
        chosen = select(Run.id, *kept).join_from(Run, Score)
        text, rows = _TEXT.get(path.suffix.lower(), str), []
        for number, *cells in session.execute(chosen.order_by(Run.id, Score.role, Score.name)):
            for column, value in zip(kept, cells, strict=True):
                check_cell(column, value, number)
            rows.append([_plain(value, text) for value in cells])
    if not rows:
        raise ExperimentError("There are no runs: add some with 'patchwright results add FOLDER'.")
    with whole_file(path) as part, part.open("wb") as file:
        write(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), file)
    return len(rows)


def _plain(value: Any, text: Callable[[str], str]) -> Any:
    plain = json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
    return text(plain) if isinstance(plain, str) else plain
