"""What happens to a test whose plugin or host is missing."""

import importlib.util
import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test; fail it where the variable PATCHWRIGHT_NEED_PLUGINS says that all is there."""
    if os.environ.get("PATCHWRIGHT_NEED_PLUGINS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_package(name: str, extra: str) -> None:
    """Go on only if a host's package is installed."""
    if importlib.util.find_spec(name) is None:
        missing(f"{name} is missing: pip install 'patchwright[{extra}]'")
