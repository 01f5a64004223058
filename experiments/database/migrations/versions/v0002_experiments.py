"""What a run was told to do, hashed, so that it can be found before it is run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column to the runs; empty in older rows."""
    op.add_column("runs", sa.Column("experiment", sa.String(64)))
    op.create_index(op.f("ix_runs_experiment"), "runs", ["experiment"])
