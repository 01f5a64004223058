"""The test plugins, built when the first test asks for one."""

import gc
import os
import signal
from pathlib import Path

import pytest

from tests.needs import missing
from tests.plugins.build import MissingToolsError, build, cache

# a shell that starts tests in the background makes them and their processes ignore Ctrl-C
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup


# tests run on as many processes as there are cores: torch's threads leave them while they wait
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# searches of a few renders test something else than the models that come along
os.environ["PATCHWRIGHT_MODELS"] = ""

_SAFE_PATH = os.environ.get("PYTHONSAFEPATH")


@pytest.fixture(autouse=True)
def _module_path():
    """Give the processes of other tests the module path back that a command took from its own."""
    yield
    os.environ.pop("PYTHONSAFEPATH", None)
    if _SAFE_PATH is not None:
        os.environ["PYTHONSAFEPATH"] = _SAFE_PATH


# what is imported and collected stays: the garbage collector need not go through it
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def built(plugin: str) -> Path:
    try:
        return build(cache(), plugin)
    except MissingToolsError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def fault_synth() -> Path:
    """VST3 folder of an instrument that fails on demand."""
    return built("fault_synth")


@pytest.fixture(scope="session")
def program_synth() -> Path:
    """VST3 folder of an instrument with three programs; the last is more than parameters."""
    return built("program_synth")


@pytest.fixture(scope="session")
def test_effect() -> Path:
    """VST3 folder of a plugin that is an effect, not an instrument."""
    return built("test_effect")


def pytest_terminal_summary(terminalreporter):
    """Print the result of each sweep, which a test leaves as its property."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "sweep":
                    terminalreporter.write_line(value)
