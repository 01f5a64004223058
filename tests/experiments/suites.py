"""Common parts of the tests of suites."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from patchwright.experiments.database import find, open_database

SMALL = {
    "name": "small",
    "defaults": {
        "target": {"random": 9, "duration": 0.1, "length": 0.2},
        "search": {"method": "cmaes", "renders": 60, "calibration": 20},
    },
    "sweep": {"objectives": [["envelope"], ["rms_cosine"]], "seed": "0..1"},
}


def write(folder, suite, out="out"):
    """Write a suite whose paces are known, so that nothing is timed, and return its file."""
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(suite, sort_keys=False))
    (folder / out).mkdir(exist_ok=True)
    synths = ("subtractive", "vst2:amsynth_vst")
    paces = [{"id": "", "synth": name, "pace": 0.01} for name in synths]
    (folder / out / "pace.jsonl").write_text("".join(json.dumps(pace) + "\n" for pace in paces))
    return path


def start(folder, *more, out="out", **environment):
    """Run `suite.yaml` in a separate process."""
    code = "from patchwright.experiments.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "run", "suite.yaml", "--out", out, *map(str, more)],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that Ctrl-C can be sent to all of them, as a terminal does
    )


def in_this_process(work, runs):
    """Do runs in this process, one after the other."""
    return map(work, runs)


def marked(mark):
    """Return the processes that were started with SUITE_MARK=mark."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"SUITE_MARK={mark}".encode() in (place / "environ").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def rows(results):
    """Return the runs in a database without times and folders; a list shows repeated runs."""
    left_out = {"_sa_instance_state", "scores", "id", "folder", "seconds"}
    with open_database(results).session() as session:
        found = [
            {name: value for name, value in vars(run).items() if name not in left_out}
            | {"scores": [(s.name, s.role, s.value, s.random_median) for s in run.scores]}
            for run in find(session)
        ]
    return sorted(found, key=lambda row: row["key"])
