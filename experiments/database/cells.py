"""Cells of the database, which other programs can change to anything."""

import json
import math
from typing import Any

from sqlalchemy import JSON, ColumnElement

from patchwright.experiments.database.models import Base
from patchwright.experiments.errors import ExperimentError


def read_cell(text: Any) -> Any:
    """Read a cell of JSON; what is no JSON stays as it is, for `check_cell` to refuse."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def check_row(row: Base) -> None:
    """Check the kinds of all cells of a row.

    Raises:
        ExperimentError: If one is of another kind than its column.
    """
    columns = row.__table__.columns
    key = "run_id" if "run_id" in columns else "id"
    for column in columns:
        check_cell(column, getattr(row, column.key), getattr(row, key))


def check_cell(column: ColumnElement[Any], value: Any, run: Any) -> None:
    """Check the kind of a cell.

    Args:
        column: Column of the cell.
        value: Value of the cell, as SQLAlchemy returns it.
        run: Number of the run that it belongs to.

    Raises:
        ExperimentError: If it is of another kind than its column.
    """
    kind: type = dict if isinstance(column.type, JSON) else column.type.python_type
    name = getattr(column, "key", None)
    nullable = getattr(column, "nullable", False)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if kind is float:
        right = isinstance(value, float | int) and math.isfinite(value)
    if not right and not (value is None and nullable):
        raise ExperimentError(
            f"The cell {name!r} of run {run} in the database is damaged: add the run again with "
            "'patchwright results add FOLDER', or remove its rows."
        )
