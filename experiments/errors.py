"""The error for mistakes of the user."""

from __future__ import annotations


class ExperimentError(ValueError):
    """A mistake of the user; the message is one sentence with the problem and its solution."""
