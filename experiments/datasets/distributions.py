"""Distributions of a dataset: parameters, notes, and what the sounds are like."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.signal.features import Features
from patchwright.objectives.signal.mel import hz_to_mel, mel_to_hz
from patchwright.surrogates.datasets import Dataset
from patchwright.synths import Parameter
from patchwright.synths.performance import pitch_name

MOST = 20_000
"""Rows that are looked at; of a larger dataset, as many random ones."""

_BINS = 24
_QUANTILES = (0.05, 0.5, 0.95)
_FADED = 40.0  # dB below the maximum where a sound counts as over


@dataclass(frozen=True, eq=False)
class Distribution:
    """How one number, or one choice, is distributed.

    Attributes:
        name: What it is.
        kind: Kind of a parameter; ``note`` or ``sound`` for others.
        counts: Number of rows in each bin, `[bins]`.
        ends: Texts of the lowest and the highest bin's ends.
        quantiles: Texts of the 5 %, 50 % and 95 % quantiles; the most frequent choices if the
            values have no order.
    """

    name: str
    kind: str
    counts: NDArray[np.int64]
    ends: tuple[str, str]
    quantiles: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Distributions:
    """The distributions of a dataset.

    Attributes:
        rows: Number of rows that were looked at; audible ones.
        parameters: Distributions of the free parameters.
        notes: Distributions of pitch, velocity and duration.
        sounds: Distributions of descriptors of the sounds.
        mean: Mean features, `[bands, frames]` in dB.
        deviation: Standard deviation of the features, `[bands, frames]` in dB.
    """

    rows: int
    parameters: list[Distribution]
    notes: list[Distribution]
    sounds: list[Distribution]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]


def distributions(data: Dataset) -> Distributions:
    """Measure the distributions of the audible rows of a dataset.

    Raises:
        SurrogateError: If a file is damaged.
    """
    rows = data.rows()
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST, replace=False))
    values, notes = data.read("values", rows), data.read("notes", rows)
    levels = data.read("features", rows).astype(np.float32)
    loudness = data.read("loudness", rows).astype(np.float64)
    space = data.subspace.space
    sounds = {"loudness (LUFS)": loudness} | _descriptors(levels, data.features)
    pitch, velocity, duration = notes.T.astype(np.float64)
    return Distributions(
        rows=len(rows),
        parameters=[
            _of_parameter(space.parameters[i], values[:, i].astype(np.float64))
            for i in data.subspace.free
        ],
        notes=[
            _of_numbers("pitch", "note", pitch, text=lambda p: pitch_name(round(p))),
            _of_numbers("velocity", "note", velocity),
            _of_numbers("duration (s)", "note", duration),
        ],
        sounds=[
            _of_numbers(name, "sound", found, logarithmic="Hz" in name)
            for name, found in sounds.items()
        ],
        mean=levels.mean(0) if len(rows) else np.zeros(data.features.shape, np.float32),
        deviation=levels.std(0) if len(rows) else np.zeros(data.features.shape, np.float32),
    )


def _descriptors(levels: NDArray[np.float32], features: Features) -> dict[str, NDArray[np.float64]]:
    """Describe sounds by their features `[n, bands, frames]` alone."""
    top = hz_to_mel(np.array([features.sr / 2]))[0]
    edges = mel_to_hz(np.linspace(0.0, top, features.bands + 2))
    centres, widths = edges[1:-1], np.diff(edges)[:-1]
    # Slaney's filters have equal areas, so that a band's power is per Hz
    power = 10.0 ** (levels.astype(np.float64) / 10.0) - 10.0 ** (features.floor / 10.0)
    magnitude = np.sqrt(np.maximum(power, 0.0) * widths[:, np.newaxis])
    total = magnitude.sum((1, 2)) + 1e-9
    loudest = levels.max((1, 2), keepdims=True)
    lasting = (levels >= loudest - _FADED).any(1)
    last = features.frames - np.argmax(lasting[:, ::-1], axis=1)
    share = levels > features.floor + 20.0
    return {
        "brightness (Hz)": (magnitude * centres[:, np.newaxis]).sum((1, 2)) / total,
        "length (s)": last * features.hop / features.sr,
        "filled (%)": 100.0 * share.mean((1, 2)),
    }


def _of_parameter(parameter: Parameter, values: NDArray[np.float64]) -> Distribution:
    if parameter.levels:
        level = np.rint(values * parameter.steps).astype(np.int64)
        counts = np.bincount(level, minlength=parameter.levels)
        at = np.arange(parameter.levels) / max(parameter.steps, 1)
    else:
        counts = np.histogram(values, _BINS, (0.0, 1.0))[0]
        at = np.array([0.0, 1.0])
    quantiles: tuple[str, ...] = ()
    if len(values) and parameter.kind in ("categorical", "boolean"):
        frequent = np.argsort(-counts, kind="stable")[: len(_QUANTILES)]
        quantiles = tuple(
            f"{parameter.text(float(at[i]))} {counts[i] / len(values):.0%}" for i in frequent
        )
    elif len(values):
        found = parameter.snap(np.quantile(values, _QUANTILES))
        quantiles = tuple(parameter.text(float(value)) for value in found)
    ends = parameter.text(float(at[0])), parameter.text(float(at[-1]))
    return Distribution(parameter.name, parameter.kind, counts, ends, quantiles)


def _of_numbers(
    name: str,
    kind: str,
    numbers: NDArray[np.float64],
    *,
    text: Callable[[float], str] = lambda number: f"{number:.4g}",
    logarithmic: bool = False,
) -> Distribution:
    if not len(numbers):
        return Distribution(name, kind, np.zeros(1, np.int64), ("", ""), ())
    low, high = float(numbers.min()), float(numbers.max())
    bins = min(_BINS, len(np.unique(numbers)))
    placed = np.log(np.maximum(numbers, 1.0)) if logarithmic else numbers
    counts = np.histogram(placed, bins)[0]
    found = np.quantile(numbers, _QUANTILES)
    quantiles = tuple(text(float(number)) for number in found)
    return Distribution(name, kind, counts, (text(low), text(high)), quantiles)
