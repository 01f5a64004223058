"""Script run by Alembic: applies the changes over an open connection."""

from alembic import context

from patchwright.experiments.database.connection import VERSION_TABLE
from patchwright.experiments.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
