"""What optimizers that start from predictions must do."""

import numpy as np
import pytest

from patchwright.experiments.match.evaluator import Evaluator
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.search import Budget, calibrate, run
from patchwright.search.optimizer import SearchError
from patchwright.surrogates import SynthIdentity
from patchwright.surrogates.assisted import PREDICTING, Ear, Library, unsuitable_estimator
from patchwright.surrogates.training.estimator import EstimatorTraining, train_estimator
from patchwright.synths import Note, Performance
from tests.surrogates.assisted.hidden import HIDDEN, NOTE, PERFORMANCE, SUBSPACE, TARGET
from tests.surrogates.estimators.small import SMALL
from tests.surrogates.models import CPU, SETTINGS, tiny_data
from tests.surrogates.tiny import LENGTH, SR, TinySynth


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    data = tiny_data(folder / "data")
    return {
        name: train_estimator(
            data,
            EstimatorTraining(estimator=name, options=SMALL[name], settings=SETTINGS),
            folder / name,
            device=CPU,
        )
        for name in ("mlp", "flow")
    }


@pytest.fixture(params=["mlp", "flow"])
def model(request, models):
    return models[request.param]


def predictor(model, subspace=SUBSPACE, performance=PERFORMANCE, target=TARGET):
    return Ear.of(model, "tiny", subspace, performance, target)


def search(method, bound, subspace=SUBSPACE, renders=90, **options):
    objectives = ObjectiveSet([OBJECTIVES["mfcc_mae"](), OBJECTIVES["level"]()], Target(TARGET, SR))
    with Evaluator(TinySynth(), subspace, PERFORMANCE, objectives, workers=1) as evaluate:
        calibration = calibrate(evaluate, subspace, 20, np.random.default_rng(0))
        optimizer = PREDICTING[method](
            subspace,
            2,
            seed=0,
            initial=calibration.best(20),
            budget=renders,
            predictor=bound,
            **options,
        )
        return run(evaluate, optimizer, Budget(renders=renders), calibration=calibration)


@pytest.mark.parametrize("method", PREDICTING)
def test_every_sample_is_a_render_and_the_same_ones_come_again(method, model):
    first, second = (search(method, predictor(model)) for _ in range(2))
    assert first.history[-1].renders == 90
    np.testing.assert_array_equal(first.archive.genotypes, second.archive.genotypes)


def test_a_number_of_samples_ends_it(model):
    found = search("predict", predictor(model), samples=10, batch=4)
    assert found.history[-1].renders == 30
    assert "10 samples" in found.stopped


def test_the_best_guess_comes_first_and_samples_differ(model):
    bound = predictor(model)
    optimizer = PREDICTING["predict"](SUBSPACE, 2, seed=0, predictor=bound)
    asked = optimizer.ask()
    answer = bound.genotypes.genotypes(bound.model.network.answer(bound.heard, bound.note))
    np.testing.assert_allclose(asked[0], answer[0], atol=1e-9)
    assert len(np.unique(asked, axis=0)) == len(asked)


def test_a_warm_start_goes_on_from_the_samples(models):
    """Its method is told what the samples and the calibration scored, the nearest first."""
    warm = PREDICTING["warm"](
        SUBSPACE, 1, seed=0, predictor=predictor(models["mlp"]), method="cmaes", samples=8
    )
    first = warm.ask()
    assert len(first) == 8
    best = first[5]
    warm.tell(first, np.abs(first - best).mean(axis=1, keepdims=True))
    second = warm.ask()
    assert np.abs(second.mean(axis=0) - best).mean() < np.abs(first - best).mean()


@pytest.mark.parametrize("method", PREDICTING)
def test_limits_and_locks_hold(method, model):
    subspace = TinySynth.space.lock(
        {"fault": "none", "bend": 3.0}, limit={"octave": [0, 2], "level": [-20, -6]}
    )
    bound = predictor(model, subspace)
    found = search(method, bound, subspace, renders=60)
    real = subspace.space.readable(subspace.decode(found.archive.genotypes))
    assert all(0 <= preset["octave"] <= 2 and -20 <= preset["level"] <= -6 for preset in real)
    assert all(preset["bend"] == pytest.approx(3, abs=1e-5) for preset in real)


def test_a_target_of_another_rate_and_length_is_heard(model):
    """The front end is that of the data, whatever the run's sample rate."""
    other = Performance(notes=(NOTE,), length=2 * LENGTH, sr=2 * SR)
    sound = TinySynth().render(HIDDEN, other).audio[0]
    here, there = predictor(model), predictor(model, performance=other, target=sound)
    assert there.heard.shape == here.heard.shape
    assert (there.heard - here.heard).abs().mean() < 0.2 * here.heard.abs().mean()


@pytest.mark.parametrize("method", PREDICTING)
def test_mistakes_are_refused(method, model):
    with pytest.raises(SearchError, match="needs an estimator"):
        PREDICTING[method](SUBSPACE, 2, seed=0)
    for option in ({"steps": 0}, {"guidance": -1.0}):
        with pytest.raises(SearchError, match="must be at least"):
            PREDICTING[method](SUBSPACE, 2, seed=0, predictor=predictor(model), **option)


def test_what_does_not_suit_is_named(models):
    card = models["mlp"].card

    def reason(lock=None, **changes):
        settings = {"notes": PERFORMANCE.notes, "length": LENGTH, "sr": SR} | changes
        subspace = TinySynth.space.lock({"fault": "none"} | (lock or {}))
        identity = SynthIdentity.of("tiny", subspace, "1")
        return unsuitable_estimator(card, identity, Performance(**settings))

    assert reason() is None
    assert reason({"bend": 0}, sr=16_000, length=2.0) is None
    assert "pitches" in reason(notes=(Note(pitch=61, duration=0.05),))
    assert "single notes" in reason(notes=(NOTE, NOTE))
    other = SynthIdentity.of("tiny", TinySynth.space.lock(), "1")
    assert "fault locked" in unsuitable_estimator(card, other, PERFORMANCE)


def test_of_a_dataset_the_nearest_come_first(models, tmp_path):
    data = tiny_data(tmp_path / "data", presets=100)
    row = data.rows("train")[7:8]
    own = TinySynth().render(data.values(row), PERFORMANCE).audio[0]
    bound = Library.of(data, "tiny", SUBSPACE, PERFORMANCE, own)
    optimizer = PREDICTING["predict"](SUBSPACE, 2, seed=0, predictor=bound, batch=30)
    first = optimizer.ask()
    np.testing.assert_allclose(first[0], data.subspace.encode(data.values(row))[0], atol=1e-6)
    optimizer.tell(first, np.zeros((30, 2)))
    second = optimizer.ask()
    optimizer.tell(second, np.zeros((len(second), 2)))
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == len(data.rows("train"))
    assert not len(optimizer.ask())
    assert "no more presets" in optimizer.stopped()
