"""Play notes on a plugin in a separate process, which the plugin may crash.

`python play.py PLUGIN.vst3 '[{"values": {"level": 0.5}}, ...]'` renders each step in turn on one
instance and writes a line of JSON for each. A step may also hold `"reset": false` (keep the
state of the last render), `"sample_rate"` and `"buffer_size"`.
"""

import hashlib
import json
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np
from pedalboard import load_plugin
from pedalboard._pedalboard import PARAMETER_NAME_REGEXES_TO_IGNORE, to_python_parameter_name

NOTE = [(bytes([0x90, 60, 100]), 0.0), (bytes([0x80, 60, 0]), 0.5)]


def resident() -> float:
    """Return this process's current memory in MiB; its peak may include its parent's."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main(path: str, steps: str) -> None:
    # pedalboard tries 1,001 values of each parameter that it wraps
    PARAMETER_NAME_REGEXES_TO_IGNORE.add(re.compile(""))
    plugin = load_plugin(path, initialization_timeout=0)
    for step in json.loads(steps):
        # anew at each step, because a reset may have created the plugin anew
        knobs = {to_python_parameter_name(knob): knob for knob in plugin._parameters}
        for name, value in step.get("values", {}).items():
            knobs[name].raw_value = value
        started = time.perf_counter()
        audio = plugin(
            NOTE,
            duration=1.0,
            sample_rate=step.get("sample_rate", 44_100),
            num_channels=2,
            buffer_size=step.get("buffer_size", 8192),
            reset=step.get("reset", True),
        )
        line = {
            "sha256": hashlib.sha256(audio.tobytes()).hexdigest(),
            "peak": float(np.abs(audio).max(initial=0.0, where=np.isfinite(audio))),
            "nans": int(np.isnan(audio).sum()),
            "infs": int(np.isinf(audio).sum()),
            "seconds": time.perf_counter() - started,
            "megabytes": resident(),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
