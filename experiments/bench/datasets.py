"""Share of a synth's own render rate that the making of a dataset reaches.

Run as ``python -m patchwright.experiments.bench.datasets [SYNTH[=LOCK]...]``.

The same presets are rendered alone, as fast as the workers can, and made into a dataset: drawn,
rendered, measured and written. Both take turns. Nothing is drawn anew, so that the renders are the
same.
"""

import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from rich.table import Table

from patchwright.experiments.bench.timing import take_turns
from patchwright.experiments.config.dataset import load_dataset_config
from patchwright.experiments.datasets import DatasetSetup, prepare_dataset
from patchwright.experiments.terminal.console import Console
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset

PRESETS = 256
SOUNDS = ({"length": 0.75, "sr": 22_050}, {"length": 1.0, "sr": 44_100})


def render_alone(setup: DatasetSetup) -> None:
    """Render the presets of a dataset as fast as its workers can."""
    recipe, synth = setup.recipe, setup.synth
    values = np.concatenate([recipe.draw(block)[0] for block in range(recipe.blocks)])
    performance = recipe.performance(recipe.draw_notes(0)[0, 0])
    size = synth.batch
    pieces = [values[first : first + size] for first in range(0, len(values), size)]
    with ThreadPoolExecutor(
        setup.workers, initializer=torch.set_num_threads, initargs=(1,)
    ) as threads:
        list(threads.map(lambda piece: synth.render(piece, performance) and None, pieces))


def make_whole(setup: DatasetSetup, folder: Path) -> None:
    """Make a dataset, and remove it."""
    begin_dataset(folder, setup.card, resume=False)
    make_dataset(folder, setup.card, setup.render())
    shutil.rmtree(folder)


def main(synths: Sequence[str] = ()) -> None:
    """Print renders per second."""
    workers = os.cpu_count() or 1
    table = Table(title=f"{PRESETS} presets, {workers} workers, renders per second")
    for name in ("synth", "sound", "alone", "dataset", "share", "with audio", "share"):
        table.add_column(name, justify="left" if name in ("synth", "sound") else "right")
    for synth in synths or ("subtractive", "fm"):
        name, _, lock = synth.partition("=")
        for sound in SOUNDS:
            content = {
                "synth": {"name": name} | ({"lock": lock} if lock else {}),
                "presets": PRESETS,
                "gate": {"redraws": 0},
                **sound,
            }
            configs = [load_dataset_config(None, content | {"audio": a}) for a in (False, True)]
            with (
                tempfile.TemporaryDirectory() as folder,
                prepare_dataset(configs[0], workers=workers) as plain,
                prepare_dataset(configs[1], workers=workers) as audio,
            ):
                seconds = take_turns(
                    {
                        "alone": functools.partial(render_alone, plain),
                        "dataset": functools.partial(make_whole, plain, Path(folder) / "plain"),
                        "audio": functools.partial(make_whole, audio, Path(folder) / "audio"),
                    },
                    repeats=3,
                )
            rate = {key: PRESETS / each for key, each in seconds.items()}
            shares = [f"{rate[key] / rate['alone']:.0%}" for key in ("dataset", "audio")]
            table.add_row(
                name,
                f"{sound['length']:g} s, {sound['sr']:,} Hz",
                f"{rate['alone']:.0f}",
                f"{rate['dataset']:.0f}",
                shares[0],
                f"{rate['audio']:.0f}",
                shares[1],
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
