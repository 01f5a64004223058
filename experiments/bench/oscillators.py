"""The k-osc task: oscillators whose order makes no sound, found by flows and by regressions.

Run as ``python -m patchwright.experiments.bench.oscillators 4 8``, with numbers of oscillators; it
renders, trains each network with the same number of steps, and prints a Markdown table of each k:
log-spectral distance between the sounds of the truth and of the prediction, Chamfer distance and
assignment distance of the oscillators' parameters, means over presets that are in no training, and
the share of these that are in it after all. Published on larger networks and data: flows ahead of
sorted and of Chamfer regression (Hayes et al., 2025).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from scipy.optimize import linear_sum_assignment

from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.surrogates.datasets import Card, Dataset, Features, NoteSet, Recipe, SplitShares
from patchwright.surrogates.datasets.block import BlockRenderer
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset, render_in_threads
from patchwright.surrogates.estimators import Sampling
from patchwright.surrogates.estimators.parts import interchangeable
from patchwright.surrogates.identity import SynthIdentity
from patchwright.surrogates.models.estimator import EstimatorModel
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.surrogates.training.estimator import (
    EstimatorTraining,
    heard_column,
    train_estimator,
)
from patchwright.surrogates.training.trainer import TrainingSettings
from patchwright.synths import Note, Performance
from patchwright.synths.builtin.oscillators import Oscillators
from patchwright.synths.parameters import Array

SR, LENGTH = 16_000, 0.25
_TESTED = 256  # presets that are predicted

_SMALL = {"hidden": 256}
_FLOW = {**_SMALL, "blocks": 2, "size": 64, "layers": 3}
NETWORKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "flow, equivariant": ("flow", {**_FLOW, "symmetric": True}),
    "flow, learned tokens": ("flow", {**_FLOW, "tokens": 8}),
    "regression, sorted": ("mlp", {**_SMALL, "bins": 1, "matching": "sorted"}),
    "regression, Chamfer": ("mlp", {**_SMALL, "bins": 1, "matching": "chamfer"}),
    "regression, as drawn": ("mlp", {**_SMALL, "bins": 1}),
}
"""Networks of the table, by their titles."""


@dataclass(frozen=True)
class Scores:
    """Means over test presets, and the seconds of training.

    Attributes:
        lsd: Log-spectral distance in dB.
        chamfer: Chamfer distance of oscillators, in units of a parameter's range.
        assignment: Least mean distance of oscillators under a one-to-one assignment.
        seconds: Seconds of training.
    """

    lsd: float
    chamfer: float
    assignment: float
    seconds: float

    def cells(self) -> list[str]:
        """Return the numbers as text."""
        numbers = f"{self.lsd:.2f}", f"{self.chamfer:.4f}", f"{self.assignment:.4f}"
        return [*numbers, f"{self.seconds:.0f}"]


def make_data(k: int, presets: int, folder: Path) -> Dataset:
    """Render a dataset of k oscillators, or read it if it is there."""
    if not (folder / "index.h5").exists():
        synth = Oscillators(k=k)
        features = Features.of(sr=SR, length=LENGTH, bands=64)
        recipe = Recipe(
            subspace=synth.space.lock(),
            presets=presets,
            features=features,
            length=LENGTH,
            notes=NoteSet(duration=(LENGTH,)),
        )
        card = Card.of(
            recipe,
            SynthIdentity.of(f"{synth.name}-{k}", recipe.subspace),
            channels=1,
            embeddings={},
            splits=SplitShares(valid=0.03, test=0.05),
            versions={},
        )
        begin_dataset(folder, card, resume=folder.exists())
        make_dataset(folder, card, render_in_threads(BlockRenderer(recipe, card, synth), workers=2))
    return Dataset(folder)


def overlap(data: Dataset) -> float:
    """Return the share of test presets that sound like one in training: equal, in any order."""
    space = RelaxedSpace.of(data.subspace)
    parts = np.array(interchangeable(space))

    def keys(split: str) -> list[bytes]:
        relaxed = space.relax(data.values(data.rows(split))).numpy()  # type: ignore[arg-type]
        whole = np.round(relaxed[:, parts], 4)
        return [bytes(row[np.lexsort(row.T[::-1])].tobytes()) for row in whole]

    train = set(keys("train"))
    test = keys("test")
    return sum(key in train for key in test) / len(test)


def score(model: EstimatorModel, data: Dataset, k: int, seconds: float) -> Scores:
    """Predict test presets, one sample each of a flow, and measure how far they are."""
    rows = data.rows("test")[:_TESTED]
    heard = model.hear(torch.from_numpy(heard_column(data, rows)).float())
    note, generator = scaled_note(data.read("notes", rows)), torch.Generator().manual_seed(0)
    sampling = Sampling(steps=32, guidance=1.0, temperature=0.0)
    with torch.no_grad():
        drawn = model.network.sample(heard, note, generator, sampling)
    space = model.network.space
    values, truth = space.values(drawn), data.values(rows)
    parts = np.array(interchangeable(space))
    relaxed = space.relax(values).numpy()[:, parts], space.relax(truth).numpy()[:, parts]
    distances = np.abs(relaxed[0][:, :, None] - relaxed[1][:, None]).mean(axis=3)  # [n, k, k]
    chamfer = (distances.min(axis=2).mean(axis=1) + distances.min(axis=1).mean(axis=1)) / 2
    assigned = [each[linear_sum_assignment(each)].mean() for each in distances]
    return Scores(_lsd(values, truth, k), chamfer.mean(), float(np.mean(assigned)), seconds)


def _lsd(values: Array, truth: Array, k: int) -> float:
    """Return the mean log-spectral distance between the sounds of presets `[n, P]`."""
    held = Note(pitch=60, velocity=100, duration=LENGTH)
    performance = Performance(notes=(held,), length=LENGTH, sr=SR)
    synth = Oscillators(k=k)
    ours, theirs = (synth.render(v, performance).audio for v in (values, truth))
    lsd = OBJECTIVES["lsd"]()
    found = [
        ObjectiveSet([lsd], Target(true, SR)).score(mine[None])[0, 0]
        for mine, true in zip(ours, theirs, strict=True)
    ]
    return float(np.mean(found))


def main(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of oscillators.")],
    presets: Annotated[int, typer.Option(help="Presets to render for each number.")] = 20_000,
    steps: Annotated[int, typer.Option(help="Steps of training of each network.")] = 4_000,
    seed: Annotated[int, typer.Option(help="Seed of the networks.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of data and networks.")] = Path("runs/k-osc"),
) -> None:
    """Train the networks on each number of oscillators, and print a Markdown table of each."""
    torch.set_num_threads(1)
    for k in numbers:
        data = make_data(k, presets, out / f"{k}-data")
        table = [["network", "LSD in dB", "Chamfer", "assignment", "seconds"]]
        for title, (name, options) in NETWORKS.items():
            settings = TrainingSettings(
                steps=steps, batch=256, warmup=steps // 20, every=max(1, steps // 10), average=0.995
            )
            training = EstimatorTraining(
                estimator=name, options=options, augmentation=None, seed=seed, settings=settings
            )
            folder = out / f"{k}-{title.replace(', ', '-').replace(' ', '-')}-{seed}"
            started = time.perf_counter()
            model = train_estimator(data, training, folder, device=torch.device("cpu"))
            found = score(model, data, k, time.perf_counter() - started)
            table.append([title, *found.cells()])
        typer.echo(f"### k = {k}, {overlap(data):.1%} of the test presets in training\n")
        typer.echo(f"{markdown_table(table)}\n")


if __name__ == "__main__":
    typer.run(main)
