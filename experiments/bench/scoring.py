"""What scoring costs, beside auraloss and librosa: `python -m experiments.bench.scoring`.

One thread, noise at 44.1 kHz. The libraries and Patchwright take turns within each repeat, so that
whatever else the machine does slows all of them; figures are medians over repeats.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import librosa
import numpy as np
import torch
from auraloss.freq import MultiResolutionSTFTLoss
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from experiments.bench.timing import take_turns
from experiments.config import USUAL_OBJECTIVES
from objectives import OBJECTIVES, ObjectiveSet, Target
from objectives.spectral import MSS_SCALES

SR = 44_100
SECONDS = (1, 2)
BATCHES = (1, 4, 16, 64)
REPEATS = 7
ONE_AT_A_TIME = 4
"""Candidates that the libraries measure a repeat."""

USUAL = list(USUAL_OBJECTIVES)

Audio = NDArray[np.float32]


def auraloss_mrstft(target: Audio) -> Callable[[Audio], float]:
    """The multi-resolution STFT loss, which transforms candidate and target at each call."""
    loss = MultiResolutionSTFTLoss()
    reference = torch.from_numpy(target[None])

    def measure(candidate: Audio) -> float:
        with torch.no_grad():
            return float(loss(torch.from_numpy(candidate[None]), reference))

    return measure


def librosa_mss(target: Audio) -> Callable[[Audio], float]:
    """The multi-scale mel distance, the target's spectrograms kept."""

    def spectrograms(audio: Audio) -> list[Audio]:
        return [
            librosa.power_to_db(
                librosa.feature.melspectrogram(
                    y=audio[0],
                    sr=SR,
                    n_fft=int(window * SR),
                    hop_length=int(hop * SR),
                    n_mels=n_mels,
                ),
                ref=np.max,
            )
            for window, hop, n_mels in MSS_SCALES
        ]

    kept = spectrograms(target)

    def measure(candidate: Audio) -> float:
        pairs = zip(spectrograms(candidate), kept, strict=True)
        return float(np.mean([np.abs(ours - theirs).mean() for ours, theirs in pairs]))

    return measure


def librosa_mfcc(target: Audio) -> Callable[[Audio], float]:
    """The MFCC distance, the target's coefficients kept."""

    def coefficients(audio: Audio) -> Audio:
        found: Audio = librosa.feature.mfcc(
            y=audio[0], sr=SR, n_mfcc=13, n_fft=2048, hop_length=1024
        )
        return found

    kept = coefficients(target)

    def measure(candidate: Audio) -> float:
        return float(np.abs(coefficients(candidate) - kept).mean())

    return measure


LIBRARIES = {
    "mrstft": ("auraloss", auraloss_mrstft),
    "mss": ("librosa", librosa_mss),
    "mfcc_mae": ("librosa", librosa_mfcc),
}


def measure(name: str, target: Audio, candidates: Audio) -> list[str]:
    """One row of the table: an objective, or the default set, beside the library that has it."""
    chosen = {"default set": USUAL, "all": list(OBJECTIVES)}.get(name, [name])
    scorer = ObjectiveSet([OBJECTIVES[each]() for each in chosen], Target(target, SR))
    few = candidates[:ONE_AT_A_TIME]
    calls: dict[str, Callable[[], object]] = {
        str(batch): functools.partial(scorer.score, candidates[:batch]) for batch in BATCHES
    }
    library, make = LIBRARIES.get(name, ("-", None))
    theirs = make(target) if make else None
    if theirs:
        calls[library] = lambda: [theirs(one) for one in few]
    seconds = take_turns(calls, REPEATS)
    row = [name, *(f"{1e3 * seconds[str(batch)] / batch:.2f}" for batch in BATCHES)]
    if theirs is None:
        return [*row, "-", "-", "-"]
    library_ms = 1e3 * seconds[library] / len(few)
    ours = scorer.score(few)[:, 0]
    reference = np.array([theirs(each) for each in few])
    difference = np.max(np.abs(ours - reference) / reference)
    ratio = library_ms / (1e3 * seconds["16"] / 16)
    return [*row, f"{library} {library_ms:.2f}", f"{ratio:.1f}", f"{difference:.1e}"]


def main() -> None:
    """Measure, and print a table for each length."""
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    for seconds in SECONDS:
        shape = (max(BATCHES) + 1, 1, seconds * SR)
        audio = 0.1 * generator.standard_normal(shape, dtype=np.float32)
        table = Table(title=f"Milliseconds a candidate, {seconds} s at {SR} Hz, one thread")
        table.add_column("objective")
        for batch in BATCHES:
            table.add_column(f"batch {batch}", justify="right")
        for heading in ("library", "times faster (batch 16)", "largest relative difference"):
            table.add_column(heading, justify="right")
        for name in (*OBJECTIVES, "default set", "all"):
            table.add_row(*measure(name, audio[0], audio[1:]))
        Console(width=120).print(table)


if __name__ == "__main__":
    main()
