"""What `patchwright score` measures: how far sound files are from another one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr
from rich.table import Column, Table

from patchwright.experiments.config.registry import find
from patchwright.experiments.recordings.sound_file import read_samples
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target, View, Viewed
from patchwright.objectives.metrics import SIMILARITIES, measurable_metrics, reported_values
from patchwright.objectives.view import WHOLE


def score_files(
    target: Path,
    sounds: Sequence[Path],
    names: Sequence[str] | None = None,
    *,
    view: View = WHOLE,
) -> dict[str, dict[Path, float]]:
    """Measure how far sound files are from another one.

    Sounds are resampled to the target's rate. Where lengths differ, the shorter of the two ends in
    silence; where the numbers of channels differ, both are mixed to mono.

    Args:
        target: File to compare with.
        sounds: Files to compare.
        names: Of distances; all that can measure the target if None.
        view: What of them is compared.

    Returns:
        Figures as published, by metric and sound.

    Raises:
        ExperimentError: If a file cannot be read, or a name is wrong.
        ObjectiveError: If a distance cannot measure the target.
    """
    samples, sr = read_samples(target)
    reference = Target(np.ascontiguousarray(samples.T), sr)
    if names:
        chosen = [Viewed(find("objective", name, OBJECTIVES)(), view) for name in names]
        metrics = ObjectiveSet(chosen, reference, lengths="longest")
    else:
        metrics = measurable_metrics(reference, OBJECTIVES, view=view, lengths="longest")
    figures = []
    for path in sounds:
        samples, own = read_samples(path)
        if own != sr:
            samples = soxr.resample(samples, own, sr, quality="HQ")
        distances = metrics.score(np.ascontiguousarray(samples.T, np.float32)[np.newaxis])[0]
        figures.append(reported_values(metrics.names, distances))
    return {
        name: {p: f[name] for p, f in zip(sounds, figures, strict=True)} for name in metrics.names
    }


def scores_table(figures: dict[str, dict[Path, float]]) -> Table:
    """Lay out figures as `score_files` returns them, a row a metric."""
    sounds = list(next(iter(figures.values())))
    table = Table(Column("distance", no_wrap=True))
    for path in sounds:
        table.add_column(path.name, justify="right", overflow="fold")
    for name, row in figures.items():
        remark = " (higher is closer)" if name in SIMILARITIES else ""
        table.add_row(name + remark, *(f"{figure:.4g}" for figure in row.values()))
    return table
