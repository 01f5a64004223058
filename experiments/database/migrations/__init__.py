"""How the tables came to be: one file a change, applied in order by Alembic."""
