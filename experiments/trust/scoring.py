"""`patchwright score`: distances of sound files to a target file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from rich.table import Column, Table

from patchwright.experiments.config.registry import find
from patchwright.experiments.recordings.sound_file import read_samples
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target, View, Viewed
from patchwright.objectives.differences import hear_differences
from patchwright.objectives.metrics import SIMILARITIES, measurable_metrics, reported_values
from patchwright.objectives.sets import expand_sets
from patchwright.objectives.view import WHOLE
from patchwright.synths.notice import warn


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
        names: Names of distances, or of sets of them; None for all that can measure the target.
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
    samples, sr = _read(target)
    reference = Target(samples, sr)
    if names:
        chosen = [
            Viewed(find("objective", name, OBJECTIVES)(), view) for name in expand_sets(names)
        ]
        metrics = ObjectiveSet(chosen, reference, lengths="longest")
    else:
        metrics = measurable_metrics(reference, OBJECTIVES, view=view, lengths="longest")
    figures = []
    for path in sounds:
        distances = metrics.score(_read(path, sr)[0][np.newaxis])[0]
        figures.append(reported_values(metrics.names, distances))
    return {
        name: {p: f[name] for p, f in zip(sounds, figures, strict=True)} for name in metrics.names
    }


def compare_files(target: Path, sound: Path) -> str:
    """Say what differs between a sound file and a target file, in order of how plainly it is heard.

    The sound is resampled to the target's rate, and silence is appended to the shorter one.

    Args:
        target: File to compare with.
        sound: File to compare, of one note if the target is one.

    Raises:
        ExperimentError: If a file cannot be read.
        ObjectiveError: If the sounds cannot be compared.
    """
    samples, sr = _read(target)
    return hear_differences(samples, _read(sound, sr)[0], sr).sentence()


def _read(path: Path, sr: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Read samples `[c, t]` at a sample rate, or at their own, and return the rate."""
    read = read_samples(path)
    for sentence in read.warnings:
        warn(sentence)
    samples = read.samples
    if sr is not None and read.sr != sr:
        samples = soxr.resample(samples, read.sr, sr, quality="HQ")
    return np.ascontiguousarray(samples.T, np.float32), sr or read.sr


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
