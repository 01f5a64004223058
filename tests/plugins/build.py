"""Builds of the test plugins: one for each state of the sources, outside the source tree."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

SOURCES = Path(__file__).parent
DPF = Path("/usr/share/dpf")  # Debian's dpf-source
NAMES = {
    "fault_synth": "FaultSynth",
    "program_synth": "ProgramSynth",
    "test_effect": "TestEffect",
}


class MissingToolsError(Exception):
    """The plugins cannot be built here. The message names the packages to install."""


def cache() -> Path:
    """Return the folder of built plugins, which is in the virtual environment if there is one."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "test-plugins"
    return Path(tempfile.gettempdir()) / f"patchwright-test-plugins-{os.getuid()}"


def build(folder: Path, plugin: str = "fault_synth") -> Path:
    """Build a plugin, unless it is already built; several processes may do it at once.

    Args:
        folder: Folder of built plugins.
        plugin: One of `NAMES`.

    Returns:
        Folder of the plugin, which ends in `.vst3`.

    Raises:
        MissingToolsError: If a package is missing.
        RuntimeError: If the sources do not compile.
    """
    name = f"{NAMES[plugin]}.vst3"
    place = folder / f"{plugin}-{_key(plugin)}"
    if (place / name).is_dir():
        return place / name
    _check_tools()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        if not (place / name).is_dir():
            _make(plugin, place)
    return place / name


def _key(plugin: str) -> str:
    """Return a hash of the sources and the kind of machine."""
    key = hashlib.sha256(platform.machine().encode())
    for path in [SOURCES / "Makefile", *sorted((SOURCES / plugin).iterdir())]:
        key.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return key.hexdigest()[:16]


def _check_tools() -> None:
    missing = [] if (DPF / "Makefile.plugins.mk").is_file() else ["dpf-source"]
    missing += [tool for tool in ("g++", "make") if shutil.which(tool) is None]
    if missing:
        raise MissingToolsError(
            f"the test plugins cannot be built: install {' '.join(missing)}"
            " (tests/install_plugins.sh does it on Debian)"
        )


def _make(plugin: str, place: Path) -> None:
    """Build in a temporary folder, and move the complete result to `place`."""
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "bin"
        command = ["make", "-f", str(SOURCES / "Makefile"), f"NAME={NAMES[plugin]}"]
        command += [f"DPF_PATH={DPF}", f"DPF_BUILD_DIR={temporary}", f"DPF_TARGET_DIR={made}"]
        command += ["vst3"]
        done = subprocess.run(
            command,
            cwd=SOURCES / plugin,
            env={key: value for key, value in os.environ.items() if key not in _MAKE},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{plugin} does not compile:\n{done.stdout}{done.stderr}")
        half = place.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(made, half)
        half.replace(place)


# `make test` sets these for its own targets; they must not reach this make
_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CFLAGS", "CXXFLAGS", "LDFLAGS"}


if __name__ == "__main__":
    sys.stdout.write(f"{build(cache())}\n")
