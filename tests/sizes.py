"""How much a test does: what the gate has time for, or all of it with `make test-long`."""

import os


def size(whole: int, quick: int) -> int:
    """The number to use: `whole` if PATCHWRIGHT_LONG is set, otherwise `quick`."""
    return whole if os.environ.get("PATCHWRIGHT_LONG") else quick
