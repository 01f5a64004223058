"""What every assisted optimizer must do, with a model, with one that knows nothing, and without."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from patchwright.experiments.match.evaluator import Evaluator
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.search import Budget, calibrate, run
from patchwright.search.optimizer import SearchError
from patchwright.surrogates import SynthIdentity
from patchwright.surrogates.assisted import ASSISTED, Guide, Library, hybrid, unsuitable
from patchwright.synths import Note, Performance
from tests.surrogates.assisted.hidden import NOTE, PERFORMANCE, SUBSPACE, TARGET
from tests.surrogates.models import tiny_data, tiny_model
from tests.surrogates.tiny import FEATURES, LENGTH, NOTES, SR, TinySynth


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def model(data, tmp_path_factory):
    return tiny_model(data, tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(params=ASSISTED)
def method(request):
    return request.param


def guide_of(method, model, subspace=SUBSPACE):
    if method == "online":
        return Guide.without_model(subspace, Target(TARGET, SR))
    return Guide.of(model, "tiny", subspace, PERFORMANCE, Target(TARGET, SR))


def search(method, guide, subspace=SUBSPACE, renders=90, seed=0, **options):
    objectives = ObjectiveSet([OBJECTIVES["mfcc_mae"](), OBJECTIVES["level"]()], Target(TARGET, SR))
    with Evaluator(
        TinySynth(), subspace, PERFORMANCE, objectives, workers=1, residuals=guide.representation
    ) as evaluate:
        calibration = calibrate(evaluate, subspace, 20, np.random.default_rng(seed))
        optimizer = ASSISTED[method](
            subspace,
            2,
            seed=seed,
            initial=calibration.best(20),
            budget=renders,
            guide=guide,
            **options,
        )
        return run(evaluate, optimizer, Budget(renders=renders), calibration=calibration)


def test_it_finds_better_presets_and_the_same_ones_again(method, model):
    first, second = (search(method, guide_of(method, model)) for _ in range(2))
    assert first.history[-1].distance < 0.8 * first.history[0].distance
    np.testing.assert_array_equal(first.archive.genotypes, second.archive.genotypes)


def test_limits_and_locks_hold(method, model):
    subspace = TinySynth.space.lock(
        {"fault": "none", "bend": 3.0}, limit={"octave": [0, 2], "level": [-20, -6]}
    )
    found = search(method, guide_of(method, model, subspace), subspace, renders=60)
    real = subspace.space.readable(subspace.decode(found.archive.genotypes))
    assert all(0 <= preset["octave"] <= 2 and -20 <= preset["level"] <= -6 for preset in real)
    assert all(preset["bend"] == pytest.approx(3, abs=1e-5) for preset in real)


def test_without_a_guide_it_is_refused(method):
    with pytest.raises(SearchError, match="needs a model"):
        ASSISTED[method](SUBSPACE, 2, seed=0)


def test_a_model_that_knows_nothing_costs_little(model):
    """Random weights: the hybrid search must still come near what plain search finds."""
    network = model.ensemble.members[0]
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    try:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.2, generator=torch.Generator().manual_seed(0))
        found = search("hybrid", guide_of("hybrid", model), renders=250)
    finally:
        network.load_state_dict(kept)
    assert found.history[-1].distance < 0.5 * found.history[0].distance


def test_a_surrogate_that_is_not_worth_its_time_leaves(model, monkeypatch):
    monkeypatch.setattr(hybrid, "_WORTH", np.inf)
    assert "until" in search("hybrid", guide_of("hybrid", model), renders=250).chose
    monkeypatch.setattr(hybrid, "_WORTH", 0.0)
    assert "until" not in search("hybrid", guide_of("hybrid", model), renders=250).chose


def test_presets_of_a_predictor_are_starts_and_have_credit(model, data):
    ear = Library.of(data, "near", SUBSPACE, PERFORMANCE, TARGET)
    found, plain = (
        search("hybrid", guide_of("hybrid", model), predictor=predictor, predicted=8)
        for predictor in (ear, None)
    )
    asked = found.account.contributions["predicted"]
    assert asked.proposed == 8
    assert "presets of near" in found.chose
    rows = found.archive.genotypes
    assert "predicted" not in plain.account.contributions
    again = search("hybrid", guide_of("hybrid", model), predictor=ear, predicted=8)
    np.testing.assert_array_equal(again.archive.genotypes, rows)
    none = search("hybrid", guide_of("hybrid", model), predictor=ear, predicted=0)
    np.testing.assert_array_equal(none.archive.genotypes, plain.archive.genotypes)


class TestSuitable:
    IDENTITY = SynthIdentity.of("tiny", SUBSPACE, "1")

    def reason(self, model, identity=IDENTITY, **changes):
        settings = {"notes": PERFORMANCE.notes, "length": LENGTH, "sr": SR} | changes
        return unsuitable(model.card, identity, Performance(**settings))

    def test_the_same_synth_and_note(self, model):
        assert self.reason(model) is None

    def test_a_narrower_lock(self, model):
        narrow = TinySynth.space.lock({"fault": "none", "bend": 0}, limit={"octave": [0, 1]})
        assert self.reason(model, SynthIdentity.of("tiny", narrow, "1")) is None

    def test_a_longer_note_sounds_the_same_as_far_as_the_model_hears(self, model):
        def held(duration):
            return self.reason(model, notes=(Note(pitch=60, duration=duration),), length=1.0)

        assert "durations from 0.05 to 0.05" in held(0.07)
        whole = NOTES.model_copy(update={"duration": (0.05, LENGTH)})
        card = model.card.model_copy(update={"notes": whole})
        performance = Performance(notes=(Note(pitch=60, duration=0.9),), length=1.0, sr=SR)
        assert unsuitable(card, self.IDENTITY, performance) is None

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"notes": (Note(pitch=61, duration=0.05),)}, "pitches from 60 to 60, not 61"),
            ({"notes": (NOTE, Note(pitch=60, onset=0.05, duration=0.05))}, "single notes"),
            ({"sr": 16_000}, f"{SR} Hz, not 16000"),
        ],
    )
    def test_other_notes(self, model, changes, words):
        assert words in self.reason(model, **changes)

    def test_other_locks(self, model):
        for lock, words in (({}, "fault"), ({"fault": "silent"}, "fault locked")):
            identity = SynthIdentity.of("tiny", TinySynth.space.lock(lock), "1")
            assert words in self.reason(model, identity)

    def test_another_synth(self, model):
        assert "is for tiny" in self.reason(model, SynthIdentity.of("other", SUBSPACE, "1"))


def test_the_front_end_is_that_of_the_data(model):
    guide = guide_of("hybrid", model)
    assert guide.representation.shape == FEATURES.shape
    assert np.abs(guide.representation(TARGET[None])).max() < 1e-2


def test_the_account_names_who_proposed_what(method, model):
    found = search(method, guide_of(method, model))
    account = found.account
    if method not in ("hybrid", "online"):
        assert not account.contributions
        return
    assert sum(each.proposed for each in account.contributions.values()) == 90 - 20
    assert account.contributions[account.found_by].nearest >= 1
    parts = {"model", "screen", "descend"} & set(account.contributions)
    assert {each.part for each in account.proposals} == parts
    if method == "hybrid":
        assert [each.renders for each in account.proposals if each.part == "model"] == [
            *range(21, 53)
        ]
    nearest = min(each.rendered for each in account.proposals)
    assert nearest >= found.history[-1].distance


def test_several_notes_are_predicted_each_on_its_own(model):
    n, gap = TARGET.shape[1], np.zeros((len(TARGET), 400), np.float32)
    spans = (0, n), (n + 400, 2 * n + 400)
    notes = NOTE, replace(NOTE, onset=(n + 400) / SR)
    performance = Performance(notes=notes, length=(2 * n + 400) / SR, sr=SR)

    def twice(audio):
        space = np.broadcast_to(gap, (*audio.shape[:-2], *gap.shape))
        return np.concatenate([audio, space, audio], axis=-1)

    one = guide_of("hybrid", model)
    two = Guide.of(model, "tiny", SUBSPACE, performance, Target(twice(TARGET), SR, spans))
    genotypes = SUBSPACE.sample(40, np.random.default_rng(0))
    audio = TinySynth().render(SUBSPACE.decode(genotypes), PERFORMANCE).audio
    residuals = one.representation(audio)
    np.testing.assert_array_equal(two.representation(twice(audio)), np.tile(residuals, 2))
    scores = np.abs(residuals).mean(axis=1, keepdims=True).astype(np.float64)
    believed = []
    for guide, found in ((one, residuals), (two, np.tile(residuals, 2))):
        surrogate = guide.surrogate(correct=False)
        surrogate.learn(genotypes, scores, found)
        believed.append(surrogate.believe(genotypes).distances)
    np.testing.assert_allclose(*believed, rtol=1e-3)
    identity = TestSuitable.IDENTITY
    assert unsuitable(model.card, identity, performance, apart=True) is None
    other = replace(performance, notes=(NOTE, replace(notes[1], pitch=61)))
    assert "not 61" in unsuitable(model.card, identity, other, apart=True)
