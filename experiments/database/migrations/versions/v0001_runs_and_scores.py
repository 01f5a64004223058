"""Tables of runs and scores."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False, index=True),
        sa.Column("target_sha256", sa.String(64), nullable=False),
        sa.Column("synth", sa.String, nullable=False),
        sa.Column("lock", sa.JSON, nullable=False),
        sa.Column("free", sa.Integer, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("renders", sa.Integer, nullable=False),
        sa.Column("generations", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("match", sa.Double, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("statuses", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
    )
    op.create_table(
        "scores",
        sa.Column(
            "run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("random_median", sa.Double),
        sa.Column("closer_than", sa.Double),
        sa.Column("noise_floor", sa.Double),
    )
