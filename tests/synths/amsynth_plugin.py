"""The real amsynth, hosted by DawDreamer in a separate process."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.needs import missing, need_package

FOLDERS = ("~/.vst", "/usr/local/lib/vst", "/usr/lib/vst", "/usr/lib/x86_64-linux-gnu/vst")

# argv: the plugin, the file to save the state to, the presets to load one after the other
SCRIPT = """
import json, sys
import dawdreamer

plugin, saved, *files = sys.argv[1:]
engine = dawdreamer.RenderEngine(44100, 512)  # the processor dies with it
processor = engine.make_plugin_processor("amsynth", plugin)


def parameters():
    size = processor.get_plugin_parameter_size()
    return {processor.get_parameter_name(i): processor.get_parameter(i) for i in range(size)}


rows = [parameters()]
for file in files:
    processor.load_preset(file)
    rows.append(parameters())
processor.save_state(saved)
print("\\n" + json.dumps(rows))
"""


def amsynth() -> Path:
    """Return the path of the plugin; skip the test if it or its host is missing."""
    need_package("dawdreamer", "dawdreamer")
    paths = [Path(folder).expanduser() / "amsynth_vst.so" for folder in FOLDERS]
    found = [path for path in paths if path.is_file()]
    if not found:
        missing("amsynth's VST2 plugin is missing: apt install amsynth")
    return found[0]


def banks() -> list[Path]:
    """Return the banks that come with amsynth; skip the test if they are missing."""
    paths = sorted(Path("/usr/share/amsynth/banks").glob("*.bank"))
    if not paths:
        missing("amsynth's banks are missing: apt install amsynth")
    return paths


def load(
    presets: Sequence[bytes], folder: Path, *, suffix: str = "fxp"
) -> tuple[list[dict[str, float]], bytes]:
    """Load presets one after the other.

    Returns:
        The parameters of the new plugin and those after each preset, by name and normalised; and
        the state that DawDreamer saves at the end, an .fxb file.
    """
    plugin = amsynth()
    (folder / ".local/share").mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number}.{suffix}" for number in range(len(presets))]
    for file, data in zip(files, presets, strict=True):
        file.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, plugin, folder / "saved.fxb", *files],
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), (folder / "saved.fxb").read_bytes()
