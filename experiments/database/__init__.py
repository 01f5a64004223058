"""The results of many runs in one SQL database: SQLite, or PostgreSQL."""

from experiments.database.claims import claim
from experiments.database.connection import Database, open_database
from experiments.database.export import export
from experiments.database.models import Run, Score
from experiments.database.runs import find, finished, record

__all__ = [
    "Database",
    "Run",
    "Score",
    "claim",
    "export",
    "find",
    "finished",
    "open_database",
    "record",
]
