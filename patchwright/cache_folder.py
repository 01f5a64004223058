"""The user's folder of what is kept for later runs."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of what was measured and compiled; `XDG_CACHE_HOME` moves it.

    Raises:
        RuntimeError: If the user has no home folder.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "patchwright"
