"""The errors that a person can mend."""

from __future__ import annotations


class ExperimentError(ValueError):
    """A user's mistake, told in one sentence that names the mend."""
