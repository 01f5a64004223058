"""Matches of the four recorded notes, beside the best of 1,000 random presets.

Run as
``python -m patchwright.experiments.bench.recordings [--method M] [--renders N] [--seeds K]``.
"""

import tempfile
from importlib import resources
from pathlib import Path

import numpy as np
import typer
from rich.table import Table

from patchwright.experiments.config import check_experiment
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.terminal.console import Console

RANDOM = 1_000


def main(method: str = "nsga2", renders: int = 2_500, seeds: int = 1) -> None:
    """Print the distance of the search's answer and of the best random preset to each recording.

    It is the distance to the ideal point, in units of the same calibration: 1 is the median random
    preset, 0 the recording itself.
    """
    table = Table("recording", "seed", "best of random", "search", "ratio", "seconds")
    ratios = []
    experiments = Path(str(resources.files("patchwright.experiments")))
    for path in sorted(experiments.glob("targets/*.flac")):
        for seed in range(seeds):
            config = check_experiment(
                {
                    "target": {"path": path},
                    "search": {"method": method, "renders": renders},
                    "seed": seed,
                },
                "bench",
            )
            with tempfile.TemporaryDirectory() as folder:
                found = run_experiment(config, out=Path(folder) / "run").summary
            setup = prepare(config)
            scales = np.array([found.random[name] for name in found.objectives])
            with setup.evaluator() as evaluate:
                rng = np.random.default_rng((seed, 2))
                scores = evaluate(setup.subspace.sample(RANDOM, rng)).scores
            random = np.sqrt(np.nanmin(((scores / scales) ** 2).mean(axis=1)))
            searched = np.sqrt(((np.array(list(found.objectives.values())) / scales) ** 2).mean())
            ratios.append(random / searched)
            table.add_row(
                path.stem,
                str(seed),
                f"{random:.3f}",
                f"{searched:.3f}",
                f"{ratios[-1]:.2f}x",
                f"{found.seconds:.0f}",
            )
    console = Console()
    console.print(table)
    console.print(
        f"{method}, {renders} renders: geometric mean {np.exp(np.log(ratios).mean()):.2f}x"
    )


if __name__ == "__main__":
    typer.run(main)
