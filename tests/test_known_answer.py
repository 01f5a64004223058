"""The whole pipeline finds sounds that are known to be reachable."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from patchwright.experiments.config import check_experiment
from patchwright.experiments.match.evaluator import Evaluator
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.objectives import ObjectiveSet, Target
from patchwright.objectives.distances import MFCCMAE
from patchwright.search import CMAES, Budget, calibrate, run
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import Subtractive
from tests.sizes import size

FREE = (
    *("filter_cutoff", "filter_resonance", "filter_decay", "filter_sustain"),
    *("amp_attack", "amp_decay", "amp_sustain", "amp_release"),
    *("osc_mix", "noise_level", "amp_level", "osc1_width"),
)
PERFORMANCE = Performance(notes=(Note(pitch=48, duration=0.4),), length=0.6, sr=22_050)


def distance_found(number, preset):
    """Search 12 parameters of a preset with the others locked; return the final distance."""
    synth = Subtractive()
    locks = {name: value for name, value in preset.items() if name not in FREE}
    subspace = synth.space.lock(locks)
    assert len(subspace) == 12
    audio = synth.render(synth.space.values([preset]), PERFORMANCE).audio[0]
    objectives = ObjectiveSet([MFCCMAE()], Target(audio, PERFORMANCE.sr))
    with Evaluator(synth, subspace, PERFORMANCE, objectives, workers=1) as evaluate:
        calibration = calibrate(evaluate, subspace, 400, np.random.default_rng((number, 0)))
        optimizer = CMAES(
            subspace, 1, seed=number, initial=calibration.best(400), population=14, elite=0.03
        )
        budget = Budget(renders=2_000)
        return run(evaluate, optimizer, budget, calibration=calibration).history[-1].distance


def test_cmaes_finds_most_random_presets():
    """Within 2,000 renders `mfcc_mae` falls below 5 % of that of the median random preset."""
    space = Subtractive.space
    n = size(10, 1)
    presets = space.readable(space.sample(10, np.random.default_rng(2026)))[:n]
    found = [distance_found(number, preset) for number, preset in enumerate(presets)]
    print([round(distance, 4) for distance in found])  # noqa: T201
    assert sum(distance < 0.05 for distance in found) >= 0.65 * n


RECORDINGS = sorted(
    (Path(str(resources.files("patchwright.experiments"))) / "targets").glob("*.flac")
)


@pytest.mark.parametrize("path", RECORDINGS[-size(4, 1) :], ids=lambda path: path.stem)
def test_a_short_search_beats_the_best_of_half_as_many_random_presets(path, tmp_path):
    """On half a second of each recording; `make bench-recordings` does it on the whole."""
    search = {"renders": size(2_000, 1_000), "method": "nsga2"}
    target = {"path": str(path), "length": 0.5}
    config = check_experiment({"target": target, "search": search, "sr": 22_050}, "test")
    found = run_experiment(config, out=tmp_path / "r")
    setup = prepare(config)
    scales = np.array([found.summary.random[name] for name in found.summary.objectives])
    with setup.evaluator() as evaluate:
        genotypes = setup.subspace.sample(search["renders"] // 2, np.random.default_rng(99))
        random = np.sqrt(((evaluate(genotypes).scores / scales) ** 2).mean(axis=1))
    searched = np.sqrt(((np.array(list(found.summary.objectives.values())) / scales) ** 2).mean())
    print(f"{path.stem}: {np.nanmin(random) / searched:.2f} times closer")  # noqa: T201
    assert searched < np.nanmin(random)
