"""Explain in one sentence why a plugin does not load or sound, and how to fix it."""

import os
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

from patchwright.synths.plugins.platform import LINUX, crashed, signal_name

_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}  # e_machine
_VST2_KIND = """
import os, pathlib, sys
from patchwright.synths.plugins.hosts.vst2 import VST2Effect
plugin = VST2Effect(pathlib.Path(sys.argv[1]))
print("\\ninstrument" if plugin.is_synth else "\\neffect", flush=True)
os._exit(0)
"""
_VST3_KIND = """
import os, pedalboard, re, sys
# its parameters are of no interest, and reading them can take a quarter of a minute
pedalboard._pedalboard.PARAMETER_NAME_REGEXES_TO_IGNORE.add(re.compile(""))
plugin = pedalboard.load_plugin(sys.argv[1], initialization_timeout=0)
print("\\ninstrument" if plugin.is_instrument else "\\neffect", flush=True)
os._exit(0)
"""
_HOSTS_OWN = "Attempting to load VST:"  # of DawDreamer
_LINES = 3  # of what a process printed last
_MEMORY = re.compile(r"MemoryError|bad_alloc|[Oo]ut of memory|[Cc]annot allocate memory")
_DISPLAY = re.compile(r"\bdisplay\b|\bX11\b|\bxcb\b|wayland|\bGLX?\b|\bgtk\b", re.IGNORECASE)
_OPEN = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"


def why_not_loading(plugin: Path) -> str | None:
    """Find out why a plugin did not load.

    Args:
        plugin: Plugin file or bundle.

    Returns:
        Sentence with the reason and the fix; None if no reason is found.
    """
    if not plugin.exists():
        return f"{plugin} does not exist: check the path."
    binary = _binary(plugin)
    if isinstance(binary, str):
        return binary
    if not binary.is_file():
        return None
    return _foreign(plugin, binary) or _missing(plugin, binary)


def why_it_died(name: str, code: int | None, lines: list[str]) -> str:
    """Return a sentence on a process that ended while its plugin loaded.

    Args:
        name: Name of the plugin.
        code: Exit code, negative for a signal; None if it is not known.
        lines: Lines that it printed.
    """
    said = _last(lines)
    printed = f" after it printed {' / '.join(said)!r}" if said else ""
    if code is None:
        ended = "ended"
    elif code < 0:
        ended = f"ended with signal {-code} ({signal_name(-code)})"
    elif crashed(code):
        ended = f"crashed with code {code:#x}"
    else:
        ended = f"ended with exit code {code}"
    text = " ".join(said)
    headless = LINUX and not os.environ.get("DISPLAY")
    if (code is not None and signal_name(-code) == "SIGKILL") or _MEMORY.search(text):
        mend = (
            "the system kills processes when memory runs out, so use fewer workers (--workers) or "
            "end other programs"
        )
    elif headless and _DISPLAY.search(text):
        mend = "if it needs a display, run this command under xvfb-run"
    elif headless and (code is None or code < 0):
        mend = (
            "check whether another program can load it, and whether it does under xvfb-run, which "
            "gives it a display"
        )
    else:
        mend = "check whether another program can load it"
    return f"{name} {ended} while loading{printed}: {mend}."


def may_load_later(code: int | None, lines: list[str]) -> bool:
    """Return whether a process ended while loading by what another try may be spared."""
    return code is None or crashed(code) or _MEMORY.search(" ".join(_last(lines))) is not None


def _last(lines: list[str]) -> list[str]:
    """Return the last lines that are not empty and not of the host itself, shortened."""
    said = [" ".join(line.split())[:200] for line in lines]
    return [line for line in said if line and not line.startswith(_HOSTS_OWN)][-_LINES:]


def is_effect(plugin: Path) -> bool | None:
    """Ask a plugin, in a process of its own, whether it is an effect; None if it does not say."""
    vst2 = plugin.suffix.casefold() not in (".vst3", ".component")
    tried = _in_python(_VST2_KIND if vst2 else _VST3_KIND, plugin)
    lines = [] if tried is None else tried.stdout.strip().splitlines()
    return {"effect": True, "instrument": False}.get(lines[-1] if lines else "")


def _binary(plugin: Path) -> Path | str:
    """Return the file that holds the code, or the reason why there is none."""
    if not (plugin.is_dir() and LINUX) or plugin.suffix != ".vst3":
        return plugin  # the bundles of other formats name their binaries themselves
    folders = sorted((plugin / "Contents").glob("*"))
    wanted = f"{platform.machine()}-linux"
    binaries = sorted((plugin / "Contents" / wanted).glob("*.so"))
    if binaries:
        return binaries[0]
    found = ", ".join(folder.name for folder in folders) or "nothing"
    return (
        f"{plugin} is not built for this machine (it contains {found}): install a build that "
        f"contains {wanted}."
    )


def _foreign(plugin: Path, binary: Path) -> str | None:
    if not LINUX:
        return None
    with binary.open("rb") as file:
        header = file.read(64)
    if header[:4] != b"\x7fELF" or len(header) < 20:
        kind = "Windows" if header[:2] == b"MZ" else "another system"
        return f"{plugin} is built for {kind}, not Linux: install its Linux build."
    number = struct.unpack("<H" if header[5] == 1 else ">H", header[18:20])[0]
    machine = _MACHINES.get(number, "an unknown processor")
    here = platform.machine()
    if machine != here:
        return f"{plugin} is built for {machine}, not {here}: install its build for {here}."
    if header[4] == 2 and header[5] == 1 and len(header) == 64:  # 64 bits, little-endian
        at, size, count = struct.unpack("<40xQ10xHH2x", header)  # section table, usually at the end
        if at + size * count > binary.stat().st_size:
            return f"{plugin} is truncated: copy or install it again."
    return None


def _missing(plugin: Path, binary: Path) -> str | None:
    tried = _in_python(_OPEN, binary)
    if tried is None:
        return None
    lines = tried.stderr.strip().splitlines()
    if tried.returncode == 1 and lines and lines[-1].startswith("OSError: "):
        reason = lines[-1].removeprefix("OSError: ")
        return f"{plugin} does not load ({reason}): install the missing library."
    return None


def _in_python(code: str, plugin: Path) -> "subprocess.CompletedProcess[str] | None":
    """Run code on a plugin in a process of its own; None if it does not end in time."""
    try:
        return subprocess.run(  # noqa: S603 - fixed code and the plugin's path
            [sys.executable, "-P", "-c", code, str(plugin)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        return None
