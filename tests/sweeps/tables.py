"""Spoilt Parquet files and SQLite databases: other columns, types, lengths and cells."""

import contextlib
import io
import sqlite3
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.experiments.mutants import ODD

_CELLS = [*(value for value in ODD if not isinstance(value, list | dict)), b"\xff", b"", "[" * 5000]
_LISTS = [[1.0, None], [], [[0.5]], [float("nan")], ["a"]]


def parquet(rng, data):
    """Return a Parquet file whose table was changed."""
    table = pq.read_table(io.BytesIO(data))
    metadata = dict(table.schema.metadata or {})
    for _ in range(rng.randint(1, 3)):
        how = rng.choice(["drop", "type", "rows", "name", "null", "list", "metadata", "double"])
        place = rng.randrange(max(table.num_columns, 1))
        name = table.column_names[place] if table.num_columns else "x"
        n = len(table)
        if how == "drop" and table.num_columns > 1:
            table = table.remove_column(place)
        elif how == "rows":
            table = table.slice(rng.randrange(n + 1), rng.choice([0, 1, n]))
        elif how == "name":
            names = list(table.column_names)
            names[place] = rng.choice(["x", "", names[0], "é" * 300])
            table = table.rename_columns(names)
        elif how == "metadata":
            metadata |= {rng.choice([*metadata, b"x"]): rng.choice([b"", b"nan", b"-1", b"\xff"])}
        elif how == "double":
            table = table.append_column(name, table.column(place))
        else:
            table = table.set_column(place, name, _column(rng, how, n))
    if rng.random() < 0.8:
        metadata.pop(b"sha256", None)
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file.getvalue()


def _column(rng, how, n):
    if how == "null":
        return pa.nulls(n, rng.choice([pa.float64(), pa.int8(), pa.string(), pa.uint64()]))
    if how == "list":
        inner = rng.choice(_LISTS)
        return pa.array([inner] * n)
    values = [rng.choice([0, 1, -1, 127]) for _ in range(n)]
    kind = rng.choice([pa.float64(), pa.int8(), pa.int64(), pa.string(), pa.float32(), pa.bool_()])
    wrong = [rng.choice([float("nan"), float("inf"), 1e300, -0.5]) for _ in range(n)]
    if rng.random() < 0.3:
        return pa.array(wrong)
    return pa.array(values).cast(kind) if kind != pa.string() else pa.array(map(str, values))


def sqlite(rng, data):
    """Return a SQLite database with other cells, or without a table or a column."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.db"
        path.write_bytes(data)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for _ in range(rng.randint(1, 3)):
                _change(rng, connection)
        return path.read_bytes()


def _change(rng, connection):
    query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    tables = [name for (name,) in connection.execute(query)]
    if not tables:
        return
    table = rng.choice(tables)
    columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
    column, how = rng.choice(columns), rng.choice(["cell"] * 6 + ["drop", "column", "rows", "name"])
    statements = {
        "cell": f'update "{table}" set "{column}" = ?',  # noqa: S608
        "drop": f'drop table "{table}"',
        "column": f'alter table "{table}" drop column "{column}"',
        "rows": f'delete from "{table}"',  # noqa: S608
        "name": f'alter table "{table}" rename column "{column}" to "other"',
    }
    value = (rng.choice(_CELLS),) if how == "cell" else ()
    with contextlib.suppress(sqlite3.Error, UnicodeEncodeError, OverflowError):
        connection.execute("pragma foreign_keys = off")
        connection.execute(statements[how], value)
