"""The error for mistakes of the user."""

from __future__ import annotations


class ExperimentError(ValueError):
    """A mistake of the user; the message is one sentence with the problem and its solution."""


class DatabaseAwayError(ExperimentError):
    """A database server does not answer now, and may answer later, as after a restart."""
