"""How much a test does: what the gate has time for, or all of it with `make test-long`."""

import os
from typing import TypeVar

T = TypeVar("T")


def size(whole: T, quick: T) -> T:
    """What to use: `whole` if PATCHWRIGHT_LONG is set, otherwise `quick`."""
    return whole if os.environ.get("PATCHWRIGHT_LONG") else quick
