"""Skip or fail tests whose plugin or host is missing."""

import importlib.util
import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it if PATCHWRIGHT_NEED_PLUGINS is set, which promises all plugins."""
    if os.environ.get("PATCHWRIGHT_NEED_PLUGINS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_package(name: str, extra: str) -> None:
    """Call `missing` if a host's package is not installed."""
    if importlib.util.find_spec(name) is None:
        missing(f"{name} is missing: pip install 'patchwright[{extra}]'")
