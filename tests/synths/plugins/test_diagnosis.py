"""Plugins that do not load: one sentence with the fix, and no process left."""

import os
import platform
import shutil
import subprocess
import sys

import pytest

from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.damage import refusal
from tests.synths.sample_plugins import left_behind, need_package, plugin_processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the plugins are made for Linux")

ENTRY = 'extern "C" void* VSTPluginMain(void*) { return nullptr; }\n'
ABORTS = (
    ENTRY
    + """
#include <cstdlib>
__attribute__((constructor)) static void loaded() { abort(); }
"""
)
NEEDS_DISPLAY = (
    ENTRY
    + """
#include <cstdio>
#include <cstdlib>
__attribute__((constructor)) static void loaded() {
    if (std::getenv("DISPLAY") == nullptr) {
        std::fputs("toolkit starts\\ncannot open display\\n", stderr);
        std::exit(1);
    }
}
"""
)
NEEDS_LIBRARY = """
extern "C" int nearby();
extern "C" void* VSTPluginMain(void*) { return nearby() ? nullptr : nullptr; }
"""


def why(plugin, host=None):
    """Return the message of the error that a pool of the plugin raises."""
    reason = refusal(RenderPool, resolve(str(plugin), host=host))
    assert left_behind(os.getpid()) == []
    assert "\n" not in reason
    assert reason.endswith((".", "?"))
    assert ". " not in reason.replace("...", "")  # one sentence
    assert reason.startswith(str(plugin))
    return reason


def compiled(path, source, *flags):
    """Compile a shared library."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is missing: apt install g++")
    code = path.with_suffix(".cpp")
    code.write_text(source)
    command = ["g++", "-shared", "-fPIC", "-o", str(path), str(code), *flags]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def so(tmp_path):
    """Path for a VST2 plugin; needs its host."""
    need_package("dawdreamer", "dawdreamer")
    return tmp_path / "plugin.so"


def test_a_pool_counts_its_processes(fault_synth):
    """Otherwise the tests below could find no process that is left."""
    with RenderPool(resolve(str(fault_synth)), workers=2) as pool:
        assert {*pool.pids} <= {*plugin_processes(os.getpid())}
        assert pool.pids
    assert left_behind(os.getpid()) == []


def test_a_plugin_that_went_away(fault_synth, tmp_path):
    plugin = tmp_path / "Gone.vst3"
    shutil.copytree(fault_synth, plugin)
    spec = resolve(str(plugin))
    shutil.rmtree(plugin)
    assert refusal(RenderPool, spec).startswith(f"{plugin} does not exist: ")
    assert left_behind(os.getpid()) == []


def test_an_effect(test_effect):
    reason = why(test_effect.resolve())
    assert "is an effect" in reason


@pytest.mark.parametrize("host", ["pedalboard", "dawdreamer"])
def test_a_bundle_for_another_machine(host, fault_synth, tmp_path):
    need_package(host, host)
    plugin = tmp_path / "Other.vst3"
    shutil.copytree(fault_synth, plugin)
    here = plugin / "Contents" / f"{platform.machine()}-linux"
    here.rename(plugin / "Contents" / "riscv64-linux")
    reason = why(plugin, host)
    assert "riscv64-linux" in reason
    assert reason.endswith(f"install a build that contains {here.name}.")


def test_an_empty_bundle(tmp_path):
    (tmp_path / "Empty.vst3").mkdir()
    assert "contains nothing" in why(tmp_path / "Empty.vst3")


@pytest.mark.parametrize(
    ("number", "machine"), [(183, "aarch64"), (3, "i386"), (9999, "an unknown processor")]
)
def test_a_plugin_for_another_processor(number, machine, fault_synth, so):
    if platform.machine() == machine:
        number, machine = 62, "x86_64"
    code = bytearray(next(fault_synth.glob("Contents/*/*.so")).read_bytes())
    code[18:20] = number.to_bytes(2, "little")
    so.write_bytes(code)
    assert why(so).startswith(f"{so} is built for {machine}, not {platform.machine()}: install ")


def test_a_bundle_with_the_code_of_another_processor(fault_synth, tmp_path):
    plugin = tmp_path / "Other.vst3"
    shutil.copytree(fault_synth, plugin)
    binary = next(plugin.glob("Contents/*/*.so"))
    code = bytearray(binary.read_bytes())
    code[18:20] = (22).to_bytes(2, "little")
    binary.write_bytes(code)
    assert "is built for an unknown processor, not " in why(plugin)


def test_a_plugin_for_windows(so):
    so.write_bytes(b"MZ\x90\0" + bytes(1_000))
    assert "is built for Windows, not Linux" in why(so)


@pytest.mark.parametrize("content", [b"this is no plugin\n", b"", b"\x7fELF"])
def test_a_file_that_is_no_code(content, so):
    so.write_bytes(content)
    assert "is built for another system, not Linux: " in why(so)


def test_code_that_is_cut_short(fault_synth, so):
    code = next(fault_synth.glob("Contents/*/*.so")).read_bytes()
    for size in (5_000, len(code) // 2, len(code) - 1):
        so.write_bytes(code[:size])
        assert "is truncated: " in why(so)


def test_a_missing_library(so):
    library = compiled(so.with_name("libnearby.so"), 'extern "C" int nearby() { return 1; }\n')
    compiled(so, NEEDS_LIBRARY, f"-L{so.parent}", "-lnearby", f"-Wl,-rpath,{so.parent}")
    library.unlink()
    reason = why(so)
    assert "libnearby.so: cannot open shared object file" in reason
    assert reason.endswith(": install the missing library.")


def test_a_library_that_is_no_plugin(so):
    compiled(so, 'extern "C" int nothing() { return 1; }\n')
    assert "does not load: " in why(so)


@pytest.mark.parametrize("display", [None, ":0"])
def test_a_crash_while_loading(display, so, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    reason = why(compiled(so, ABORTS))
    assert "ended with signal 6 (SIGABRT) while loading" in reason
    assert ("xvfb-run" in reason) == (display is None)


def test_a_plugin_that_wants_a_display(so, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    reason = why(compiled(so, NEEDS_DISPLAY))
    assert "printed 'toolkit starts / cannot open display'" in reason
    assert reason.endswith("under xvfb-run.")


# Hosts that are not installed

IMPORT = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from patchwright.synths import SynthError
from patchwright.synths.plugins.hosts.host import open_host
from patchwright.synths.plugins.hosts.table import find_host
try:
    open_host(find_host(sys.argv[2]), None, sr=44_100)
except SynthError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("module", "host", "wanted"),
    [
        ("dawdreamer", "dawdreamer", "patchwright[dawdreamer]"),
        ("vita", "vita", "patchwright[vital]"),
        ("pedalboard", "pedalboard", "pedalboard"),
    ],
)
def test_a_host_that_is_not_installed(module, host, wanted):
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, module, host], capture_output=True, text=True, check=True
    )
    assert f"{host} is not installed: pip install '{wanted}'." in done.stdout


def test_a_pool_whose_host_is_not_installed(tmp_path, monkeypatch):
    """The package is missing in the plugin's process too."""
    missing = 'raise ModuleNotFoundError("No module named \'vita\'", name="vita")\n'
    (tmp_path / "vita.py").write_text(missing)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    reason = refusal(RenderPool, resolve("vital"))
    assert "pip install 'patchwright[vital]'" in reason
    assert left_behind(os.getpid()) == []
