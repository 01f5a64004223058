"""Answers of searches that minimise different sets of distances, by measures that took no part.

Run as ``python -m patchwright.experiments.bench.hearing_search FOLDER...``, with the folders of
runs such as those of `experiments/configs/suites/hearing.yaml`; it prints Markdown tables.

Pitch is compared for targets that have one. Energy off the partials is the share of the answer's
power that lies farther than 2 % and 12 Hz from every partial of the target, minus the target's own
share. Distances are in units of the median random preset of the first set's searches, but for the
cosine distance of `aisfx`, which is measured if it is installed; in the searches it must not have
been. Tests pair medians over seeds, one pair per target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.recordings.pitch import estimate_pitch
from patchwright.experiments.records.finished_run import (
    FinishedRun,
    find_runs,
    read_run,
    read_sounds,
)
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import EmbeddingDistance
from patchwright.objectives.metrics import SIMILARITIES
from patchwright.objectives.sets import OBJECTIVE_SETS
from patchwright.objectives.signal.partials import find_partials
from patchwright.synths.parameters import Array
from patchwright.synths.priors.names import SPEC

EAR = "aisfx"
"""Embedding that judges, as a cosine distance; it is left out if it is not installed."""

WITHIN = (20.0, 30.0)
"""Differences of pitch that are counted, in cents."""

_WINDOW, _HOP = 16_384, 4096
_NEAR, _NEAR_HZ = 0.02, 12.0  # of a partial's frequency; half the main lobe of the window


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What took no part in a search says of its answer.

    Attributes:
        target: Name of the target.
        seed: Seed of the run.
        cents: Distance from the target's pitch in cents, two octaves if the answer has no pitch;
            NaN if the target has none.
        off: Share of the power off the target's partials, beyond the target's own.
        metrics: Distances by name.
        random: Distances of the median random preset by name.
    """

    target: str
    seed: int
    cents: float
    off: float
    metrics: Mapping[str, float]
    random: Mapping[str, float]


def judge(run: FinishedRun) -> Judgement:
    """Measure the answer of a run."""
    sounds = read_sounds(run)
    sr = sounds.target.sr
    target, answer = (
        each.audio.mean(axis=0).astype(np.float32) for each in (sounds.target, sounds.best)
    )
    heard, found = estimate_pitch(target, sr), estimate_pitch(answer, sr)
    cents = np.nan
    if heard.f0 is not None:
        cents = 2400.0 if found.f0 is None else abs(1200.0 * np.log2(found.f0 / heard.f0))
    partials = find_partials(target, sr).hz
    summary = run.summary
    return Judgement(
        target=run.target,
        seed=run.config.seed,
        cents=float(cents),
        off=off_partials(answer, sr, partials) - off_partials(target, sr, partials),
        metrics={name: _distance(name, value) for name, value in summary.metrics.items()}
        | _by_ear(sounds.target.audio, sounds.best.audio, sr),
        random={name: _distance(name, value) for name, value in summary.random.items()},
    )


def _by_ear(target: Array, answer: Array, sr: int) -> dict[str, float]:
    """Return the cosine distance by the network of aiSFX, if it is installed."""
    try:
        ear = EmbeddingDistance(EAR, distance="cosine")
        scorer = ObjectiveSet([ear], Target(target.astype(np.float32), sr), lengths="longest")
    except ObjectiveError:
        return {}
    return {EAR: float(scorer.score(answer[np.newaxis].astype(np.float32))[0, 0])}


def off_partials(audio: Array, sr: int, partials: Array) -> float:
    """Return the share of the power of a sound `[t]` that lies off partials `[k]` in Hz."""
    padded = np.pad(audio, (0, max(0, _WINDOW - len(audio))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW)))).mean(axis=0)
    bins = np.fft.rfftfreq(_WINDOW, 1.0 / sr)[:, np.newaxis]
    near = np.abs(bins - partials) <= np.maximum(_NEAR * partials, _NEAR_HZ)
    total = power.sum()
    return float(power[~near.any(axis=1)].sum() / total) if total > 0.0 else 0.0


def rows(judged: Mapping[str, Sequence[Judgement]]) -> list[list[str]]:
    """Arrange judgements with a column per set; sets are compared with the first.

    A star marks a distance that the set minimised itself.
    """
    first, *_ = judged.values()
    units = {each.target: each.random for each in first}
    table = [["", *judged], ["runs", *(str(len(found)) for found in judged.values())]]
    for within in WITHIN:
        cents = [np.array([each.cents for each in found]) for found in judged.values()]
        counts = [f"{(each <= within).sum()} of {np.isfinite(each).sum()}" for each in cents]
        table.append([f"pitch within {within:.0f} cents", *counts])
    for measure in ("off", *_shared_metrics(judged)):
        cells = []
        for name, found in judged.items():
            pairs = _pairs(measure, first, found, units)
            mark = "*" if measure in _members(name) else ""
            p = None if found is first else signed_rank(*pairs)
            test = "" if p is None else f" ({(pairs[1] < pairs[0]).sum()} nearer, p {p:.2g})"
            cells.append(f"{np.median(pairs[1]):.3f}{mark}{test}")
        title = "energy off the partials" if measure == "off" else f"`{measure}`"
        table.append([f"{title}, median", *cells])
    return table


def _members(name: str) -> Sequence[str]:
    """Return the distances of a set, given as its name or as theirs."""
    name, _, _ = name.partition(",")
    return OBJECTIVE_SETS.get(name, tuple(name.split("+")))


def _distance(name: str, value: float) -> float:
    return 1.0 - value if name in SIMILARITIES else value


def _shared_metrics(judged: Mapping[str, Sequence[Judgement]]) -> list[str]:
    """Return the distances that all runs have, in the registry's order."""
    have = [each.metrics.keys() for found in judged.values() for each in found]
    return [name for name in (EAR, *OBJECTIVES) if all(name in names for names in have)]


def _pairs(
    measure: str,
    first: Sequence[Judgement],
    other: Sequence[Judgement],
    units: Mapping[str, Mapping[str, float]],
) -> Array:
    """Return medians over seeds of the targets that two sets share, `[2, targets]`."""
    medians = [_by_target(measure, found) for found in (first, other)]
    shared = sorted(medians[0].keys() & medians[1].keys())
    unit = np.array([units[target].get(measure, 1.0) or 1.0 for target in shared])
    return np.asarray(np.array([[each[target] for target in shared] for each in medians]) / unit)


def _by_target(measure: str, found: Sequence[Judgement]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for each in found:
        value = each.off if measure == "off" else each.metrics[measure]
        values.setdefault(each.target, []).append(value)
    return {target: float(np.median(several)) for target, several in values.items()}


def _title(run: FinishedRun) -> str:
    """Return the name of a run's set, or the names of its distances, and its prior."""
    given, prior = tuple(run.objectives), run.config.search.prior
    known = [name for name, members in OBJECTIVE_SETS.items() if members == given]
    title = known[-1] if known else "+".join(given)
    return title if prior == SPEC else f"{title}, {prior} prior"


def main(folders: Annotated[list[Path], typer.Argument(help="Folders of the runs.")]) -> None:
    """Print a Markdown table for each synth."""
    groups: dict[str, dict[str, list[Judgement]]] = {}
    for path in find_runs(folders):
        run = read_run(path)
        groups.setdefault(run.summary.synth, {}).setdefault(_title(run), []).append(judge(run))
    for synth, found in groups.items():
        judged = {
            title: found[title]
            for title in sorted(found, key=lambda title: (len(title.split(",")), title))
        }
        print(f"### {synth}\n\n{markdown_table(rows(judged))}\n")


if __name__ == "__main__":
    typer.run(main)
