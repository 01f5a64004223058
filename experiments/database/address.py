"""Addresses of databases: a file or a server."""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from patchwright.experiments.errors import ExperimentError

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def read_address(place: str | Path) -> URL:
    """Read the address of a database, and create the folder of a file.

    Args:
        place: SQLite file, or an address such as ``postgresql://user@host/name``.

    Returns:
        Address for SQLAlchemy.

    Raises:
        ExperimentError: If it is neither, or its driver is not installed.

    Examples:
        >>> read_address("results.db")
        sqlite:///results.db
    """
    try:
        url = make_url(str(place) if "://" in str(place) else "sqlite://")
        driver = _DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError) as error:
        raise ExperimentError(
            f"{place} is not a database: give a SQLite file, or postgresql://USER@HOST/NAME."
        ) from error
    if driver == "postgresql+psycopg" and find_spec("psycopg") is None:
        raise ExperimentError(f"{place} needs psycopg: pip install 'patchwright[postgresql]'.")
    if "://" not in str(place):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        url = url.set(database=str(place))
    return url.set(drivername=driver)


def readable(url: URL) -> str:
    """Format an address for messages: the name of a file, or a URL without the password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)
