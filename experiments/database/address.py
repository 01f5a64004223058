"""Addresses of databases: a file or a server."""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.masking import is_address, masked

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
    is_file = not is_address(str(place))
    try:
        url = make_url("sqlite://" if is_file else str(place))
        driver = _DRIVERS[url.get_backend_name()]
        if driver != "sqlite" and (str(place).count("@") > 1 or "@" in str(url.database)):
            raise ValueError("a part of the password would be taken for the host")
    except (ArgumentError, KeyError, ValueError) as error:  # ValueError: of the port, too
        raise ExperimentError(
            f"{masked(place)} is not a database: give a SQLite file, or "
            "postgresql://USER@HOST:PORT/NAME, where PORT is a number and may be left out, "
            "and any other @ is written %40."
        ) from error
    if driver == "postgresql+psycopg" and find_spec("psycopg") is None:
        raise ExperimentError(
            f"{masked(place)} needs psycopg: pip install 'patchwright[postgresql]'."
        )
    if is_file:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        url = url.set(database=str(place))
    return url.set(drivername=driver)


def readable(url: URL) -> str:
    """Format an address for messages: the name of a file, or a URL without passwords."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return masked(url.render_as_string(hide_password=True))
