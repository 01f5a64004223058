"""What each part of `portfolio` is worth: ``python -m experiments.bench.portfolio > table.md``.

Sounds of random presets are matched on the built-in synths, by the default search with each
variant. Every variant gets the same targets, the same calibration and the same seeds.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments.config import check_experiment
from experiments.setup import Setup, prepare
from search import OPTIMIZERS, Budget, Evaluations, calibrate, run
from search.optimizers.portfolio.operators import OPERATORS
from search.optimizers.portfolio.portfolio import Portfolio
from synths.parameters import Array

SYNTHS: dict[str, dict[str, Any]] = {
    "fm": {
        "name": "fm",
        "free": [
            *(f"op?_{name}" for name in ("eg_rate2", "eg_level2", "output", "coarse", "fine")),
            "algorithm",
            "feedback",
        ],
        "lock": {"op?_eg_rate3": 40, "op?_eg_level3": 0},
    },
    "subtractive": {"name": "subtractive"},
    "amsynth": {"name": "vst2:amsynth_vst", "lock": "amsynth-32"},
}
CHECKPOINTS = (250, 500, 1_000, 2_500, 5_000, 10_000)
CALIBRATION = 100
DEFAULT = "portfolio"

Variant = tuple[str, dict[str, Any]]


def variants() -> dict[str, Variant]:
    """The default, without each of its operators, with each other one, and its peers."""
    used = Portfolio.operators
    found: dict[str, Variant] = {DEFAULT: ("portfolio", {})}
    for name in OPERATORS:
        others = [other for other in used if other != name]
        label = f"without *{name}*" if name in used else f"with *{name}* too"
        found[label] = ("portfolio", {"operators": others if name in used else [*used, name]})
    found["all operators alike"] = ("portfolio", {"floor": 1.0})
    found["20 members throughout"] = ("portfolio", {"growth": 0.0})
    found["twice the growth"] = ("portfolio", {"growth": 2.0})
    found["twice the pressure"] = ("portfolio", {"pressure": 3.0})
    found["no restarts"] = ("portfolio", {"patience": 0})
    found["nsga2"] = ("nsga2", {})
    found["deap_nsga2, 30"] = ("deap_nsga2", {"population": 30, "tournament": False})
    found["lshade"] = ("lshade", {})
    found["de"] = ("de", {})
    return found


def task(synth: str, target: int, objectives: Sequence[str]) -> Setup:
    """The sound of a random preset, and what it takes to look for it."""
    config = {
        "target": {"random": target, "duration": 0.35, "length": 0.5},
        "synth": SYNTHS[synth],
        "objectives": list(objectives),
        "sr": 22_050,
    }
    return prepare(check_experiment(config, "bench"), workers=1)


def distances(setup: Setup, variant: Variant, seed: int, renders: int) -> Array:
    """Of the answer at each checkpoint, 1 being the median random preset's."""
    method, options = variant
    seen: list[Array] = []

    with setup.evaluator() as evaluator:

        def evaluate(genotypes: Array) -> Evaluations:
            found = evaluator(genotypes)
            seen.append(found.scores)
            return found

        rng = np.random.default_rng((seed, 0))
        calibration = calibrate(evaluate, setup.subspace, CALIBRATION, rng)
        optimizer = OPTIMIZERS[method](
            setup.subspace,
            len(setup.objectives.names),
            seed=seed,
            initial=calibration.best(CALIBRATION),
            budget=renders,
            **options,
        )
        run(evaluate, optimizer, Budget(renders=renders), calibration=calibration)
    scores = np.nan_to_num(np.concatenate(seen) / calibration.scales, nan=np.inf)
    best = np.minimum.accumulate(np.sqrt((scores**2).mean(axis=1)))
    ends = np.array([end for end in CHECKPOINTS if end <= renders])
    # a search that found the target ends early, and 0 has no logarithm
    return np.asarray(np.maximum(best[np.minimum(ends, len(best)) - 1], 1e-6))


def rows(synth: str, found: dict[str, Array]) -> Iterator[str]:
    """Lines of a Markdown table.

    Args:
        synth: For its heading.
        found: Distances `[targets, checkpoints]` of each variant, the default among them.
    """
    ends = [f"{end:,}" for end in CHECKPOINTS[: found[DEFAULT].shape[1]]]
    yield f"| {synth} | " + " | ".join(ends) + " |"
    yield "|---" * (len(ends) + 1) + "|"
    for label, runs in found.items():
        means = np.exp(np.log(runs).mean(axis=0))
        nearer = (found[DEFAULT] < runs).sum(axis=0)
        cells = [
            f"{mean:.3f}" + (f" ({won})" if label != DEFAULT else "")
            for mean, won in zip(means, nearer, strict=True)
        ]
        yield f"| {label} | " + " | ".join(cells) + " |"


def main() -> None:
    """Search, and print a table a synth; how far it is goes to stderr."""
    known = variants()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synths", nargs="+", default=["fm", "subtractive"], choices=SYNTHS)
    parser.add_argument("--targets", type=int, default=6, help="random presets to look for")
    parser.add_argument("--first", type=int, default=1_000, help="seed of the first of them")
    parser.add_argument("--renders", type=int, default=2_500)
    parser.add_argument("--objectives", nargs="+", default=["mrstft", "mfcc_mae"])
    parser.add_argument("--only", nargs="+", default=[], choices=known, help="these variants")
    arguments = parser.parse_args()
    chosen = {k: v for k, v in known.items() if k in {DEFAULT, *(arguments.only or known)}}
    for synth in arguments.synths:
        found: dict[str, list[Array]] = {label: [] for label in chosen}
        for target in range(arguments.first, arguments.first + arguments.targets):
            with task(synth, target, arguments.objectives) as setup:
                for label, variant in chosen.items():
                    found[label].append(distances(setup, variant, target, arguments.renders))
                    print(synth, target, label, *found[label][-1].round(3), file=sys.stderr)
        print(*rows(synth, {label: np.array(runs) for label, runs in found.items()}), sep="\n")
        print()


if __name__ == "__main__":
    main()
