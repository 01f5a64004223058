"""Sizes of tests: small by default, full with `make test-long`."""

import os
from typing import TypeVar

import pytest

T = TypeVar("T")


def size(whole: T, quick: T) -> T:
    """Return `whole` if PATCHWRIGHT_LONG is set, otherwise `quick`."""
    return whole if os.environ.get("PATCHWRIGHT_LONG") else quick


long = pytest.mark.skipif(size(False, True), reason="a part of make test-long")
