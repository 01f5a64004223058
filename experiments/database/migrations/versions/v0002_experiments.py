"""Hash of an experiment's config, by which a finished run is found before it is repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column to the runs, empty in older rows."""
    op.add_column("runs", sa.Column("experiment", sa.String(64)))
    op.create_index(op.f("ix_runs_experiment"), "runs", ["experiment"])
