"""`patchwright score`: distances of sound files to a target file."""

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
    """Measure distances of sound files to a target file.

    Sounds are resampled to the target's rate. If lengths differ, silence is appended to the
    shorter sound; if numbers of channels differ, both are mixed to mono.

    Args:
        target: File to compare with.
        sounds: Files to compare.
        names: Names of distances; None for all that can measure the target.
        view: Part of the sounds to compare.

    Returns:
        Values as the literature reports them, by metric and sound.

    Raises:
        ExperimentError: If a file cannot be read, or a name is wrong.
        ObjectiveError: If a distance cannot measure the target.

    Examples:
        ::

            scores = score_files(Path("note.wav"), [Path("take1.wav")], ["mss", "level"])
            scores["mss"][Path("take1.wav")]
    """
    read = read_samples(target)
    sr, reference = read.sr, Target(np.ascontiguousarray(read.samples.T), read.sr)
    if names:
        chosen = [Viewed(find("objective", name, OBJECTIVES)(), view) for name in names]
        metrics = ObjectiveSet(chosen, reference, lengths="longest")
    else:
        metrics = measurable_metrics(reference, OBJECTIVES, view=view, lengths="longest")
    figures = []
    for path in sounds:
        read = read_samples(path)
        samples = read.samples
        if read.sr != sr:
            samples = soxr.resample(samples, read.sr, sr, quality="HQ")
        distances = metrics.score(np.ascontiguousarray(samples.T, np.float32)[np.newaxis])[0]
        figures.append(reported_values(metrics.names, distances))
    return {
        name: {p: f[name] for p, f in zip(sounds, figures, strict=True)} for name in metrics.names
    }


def scores_table(figures: dict[str, dict[Path, float]]) -> Table:
    """Arrange the values of `score_files` in a table with a row per metric."""
    sounds = list(next(iter(figures.values())))
    table = Table(Column("distance", no_wrap=True))
    for path in sounds:
        table.add_column(path.name, justify="right", overflow="fold")
    for name, row in figures.items():
        remark = " (higher is closer)" if name in SIMILARITIES else ""
        table.add_row(name + remark, *(f"{figure:.4g}" for figure in row.values()))
    return table
