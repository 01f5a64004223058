"""Changes of the tables, one file each, applied in order by Alembic."""
