"""amsynth as a program of its own, played over JACK as if it were hardware."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.spec import spec_content
from tests.needs import missing, need_package

# those that MIDI gives no other meaning
CONTROLLERS = [*range(14, 32), *range(33, 38), *range(39, 64)]
SR = 44_100


@contextlib.contextmanager
def standalone_amsynth(folder: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """Start JACK without a sound card, and amsynth; yield an environment and the spec of amsynth.

    Its controllers are mapped as the spec says, by the file in which it keeps such a map.
    """
    for package in ("rtmidi", "sounddevice"):
        need_package(package, "hardware")
    for program in ("jackd", "amsynth"):
        if shutil.which(program) is None:
            missing(f"{program} is missing: apt install jackd2 amsynth")
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        content = spec_content(pool.space)
    numbers = dict(zip(content["parameters"], CONTROLLERS, strict=False))
    for name, entry in content["parameters"].items():
        entry["sends"] = {"cc": numbers[name]}
    names = {number: name for name, number in numbers.items()}
    config = folder / "config" / "amsynth"
    config.mkdir(parents=True)
    text = "\n".join(names.get(number, "null") for number in range(128))
    (config / "controllers").write_text(text + "\n")
    (folder / "data").mkdir()
    spec = folder / "amsynth.yaml"
    spec.write_text(yaml.safe_dump({"settle": 0.05, "gap": 0.0002} | content, sort_keys=False))
    server = f"patchwright{os.getpid()}"
    env = os.environ | {
        "JACK_DEFAULT_SERVER": server,
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_NO_START_SERVER": "1",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "PATCHWRIGHT_MODELS": "",
    }
    log = (folder / "log.txt").open("wb")
    jackd = ["jackd", "-n", server, "-r", "-d", "dummy", "-r", str(SR), "-p", "512"]
    amsynth = ["amsynth", "-x", "-a", "jack", "-m", "none", "-n", "pretended"]
    with contextlib.ExitStack() as running:
        running.enter_context(log)
        for command in (jackd, amsynth):
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
            running.callback(process.wait, 10)
            running.callback(process.terminate)
            time.sleep(1.5)
            if process.poll() is not None:
                missing(f"{command[0]} does not run: {(folder / 'log.txt').read_text()[-500:]}")
        yield env, spec
