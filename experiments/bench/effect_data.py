"""How fast datasets of effects are made, against the time that their sounds last.

Run as ``python -m patchwright.experiments.bench.effect_data FOLDER``, with dry sounds in it. It
makes a dataset of each of AutoFX's classes with all processors, log-mel spectrograms included, and
prints how many times faster than real time that is, by the clock and by the processor time of one
worker. AutoFX's own figure is 300 (its README).
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from patchwright.experiments.bench.effects import CLASSES
from patchwright.experiments.config.dataset import load_dataset_config
from patchwright.experiments.datasets.making import make
from patchwright.experiments.terminal.plain_text import markdown_table

PRESETS, SECONDS, SR = 1024, 2.0, 22_050


def main(folder: Path) -> None:
    """Print a table."""
    workers = os.cpu_count() or 1
    heads = ["effects", f"by the clock, {workers} workers", "by processor time, a worker"]
    rows = [heads]
    for chain in CLASSES:
        content = {"synth": {"name": f"effects: {chain}"}, "dry": str(folder), "presets": PRESETS}
        config = load_dataset_config(None, content | {"length": SECONDS, "sr": SR})
        with tempfile.TemporaryDirectory() as out:
            begun, used = time.perf_counter(), time.process_time()
            make(config, Path(out) / "data", workers=workers)
            clock, spent = time.perf_counter() - begun, time.process_time() - used
        rows.append([chain, *(f"{PRESETS * SECONDS / each:.0f}" for each in (clock, spent))])
    print(markdown_table(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
