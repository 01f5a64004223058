"""A host whose process ends while it loads, as often as a file says, as a module for processes."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from tests.synths.plugins import sine_host

DEATHS = "PATCHWRIGHT_TEST_DEATHS"  # names a folder; each process takes one of its files away


class DyingHost(getattr(sine_host, sine_host.SINE.class_name)):
    """The sine host, unless the folder holds a file whose name says how to end."""

    def __init__(self, plugin, *, sr):
        for file in sorted(Path(os.environ[DEATHS]).iterdir()):
            ending = file.read_text()
            file.unlink(missing_ok=True)
            sys.stderr.write("zero\none\ntwo\n\nloading <tables>\n")
            sys.stderr.flush()
            if ending.startswith("SIG"):
                os.kill(os.getpid(), getattr(signal, ending))
            sys.stderr.write(f"{ending}\n")
            sys.stderr.flush()
            os._exit(3)
        super().__init__(plugin, sr=sr)


DYING = replace(
    sine_host.SINE, name="dying", module=__name__, class_name="DyingHost", synth="dying"
)
