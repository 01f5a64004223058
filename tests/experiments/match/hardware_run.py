"""Match on a simulated instrument: ``python hardware_run.py SPEC TARGET OUT [DIE]``.

With DIE, the process ends at that recording, when the preset was sent and nothing is recorded yet.
"""

import os
import sys
from pathlib import Path

from patchwright import match
from patchwright.synths.hardware import synth as hardware_synth
from tests.synths.hardware.simulated import SimulatedLine


class Mortal(SimulatedLine):
    """A line whose process is killed in the middle of a render."""

    dies = int(sys.argv[4]) if len(sys.argv) > 4 else 0

    def record(self, *arguments, **options):
        if self.recordings + 1 == self.dies:
            os._exit(9)
        return super().record(*arguments, **options)


def run(spec: Path, target: Path, out: Path) -> None:
    found = match(
        target,
        out=out,
        resume=out.exists(),
        synth={"name": "midi:simulated", "spec": str(spec)},
        objectives=["mrstft"],
        search={"renders": 20, "calibration": 10, "method": "portfolio", "finalists": []},
        seed=1,
    )
    takes = len(list((out / "takes").glob("*.flac")))
    sys.stdout.write(f"{found.summary.renders} {takes}\n")


if __name__ == "__main__":
    hardware_synth.PortLine = Mortal
    run(*map(Path, sys.argv[1:4]))
