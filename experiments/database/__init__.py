"""The results of many runs in one SQL database, SQLite or PostgreSQL."""

from patchwright.experiments.database.claims import claim
from patchwright.experiments.database.connection import Database, open_database
from patchwright.experiments.database.export import export
from patchwright.experiments.database.models import Run, Score
from patchwright.experiments.database.runs import add_run, find, finished

__all__ = [
    "Database",
    "Run",
    "Score",
    "add_run",
    "claim",
    "export",
    "find",
    "finished",
    "open_database",
]
