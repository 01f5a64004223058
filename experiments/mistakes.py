"""Errors that are mistakes of the user, which get one sentence instead of a traceback.

They are those of every package, so that importing this imports all of them.
"""

import errno

from patchwright.experiments.errors import ExperimentError
from patchwright.objectives import ObjectiveError
from patchwright.search import SearchError
from patchwright.surrogates import SurrogateError
from patchwright.synths import SynthError

MISTAKES = ExperimentError, SynthError, ObjectiveError, SearchError, SurrogateError


def file_fault(error: OSError, *, room: str, other: str) -> str:
    """Say in one sentence which file could not be read or written, and the mend.

    Args:
        error: Fault.
        room: Mend for a full disk.
        other: Mend for all other faults.
    """
    file = f"{error.filename}: " if error.filename else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return f"{file}{error.strerror or error}: {room if full else other}."
