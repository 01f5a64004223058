"""Sweeps, and the ranking of their steps by distances."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from patchwright import experiments
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.trust.ranking import monotonicity, rank_sweeps
from patchwright.experiments.trust.sweeps import (
    LevelAttribute,
    ParameterAttribute,
    PitchAttribute,
    Sweep,
    choose_attributes,
    draw_presets,
)
from patchwright.objectives import ObjectiveError
from patchwright.objectives.distances import LSD, MRSTFT, MSS, SOT, Centroid
from patchwright.synths import Note, Parameter, ParameterSpace, Performance, SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.rendering import Renderings, judge
from patchwright.synths.yaml_file import read_yaml
from tests.synths.sample_plugins import need_amsynth, need_package

SR = 16_000
STEPS = 5
DECLARED = read_yaml(Path(experiments.__file__).parent / "trust" / "sweeps.yaml")
PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.2),), length=0.25, sr=SR)


@pytest.fixture(scope="module")
def synth():
    return SYNTHS["subtractive"]()


@pytest.fixture(scope="module")
def presets(synth):
    return draw_presets(synth, synth.space.lock(), PERFORMANCE, n=2, seed=0)


def cents(synth):
    """From unison to 50 cents."""
    low, high = (synth.space["osc2_tune"].normalise(value) for value in (0, 50))
    return ParameterAttribute(name="osc2_tune", low=low, high=high)


class Loudness:
    """The difference in level, with a sign."""

    name = "loudness"

    def __init__(self, sign=1.0):
        self.sign = sign

    def prepare(self, target):
        return lambda sounds: (
            self.sign
            * (sounds.audio.square().mean((1, 2)).sqrt() - target.audio.square().mean().sqrt())
        )


class Picky:
    """A distance that cannot measure soft targets."""

    name = "picky"

    def __init__(self, least):
        self.least = least

    def prepare(self, target):
        if target.audio.abs().max() < self.least:
            raise ObjectiveError("It is too soft: turn it up.")
        return Loudness().prepare(target)


# the statistic


def test_monotonicity_is_spearmans_of_all_but_the_first_step():
    rng = np.random.default_rng(0)
    for _ in range(20):
        distances = np.concatenate([[0.0], rng.integers(0, 9, 7).astype(float)])
        expected = spearmanr(range(7), distances[1:]).statistic
        assert monotonicity(distances) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([0, 1, 2, 3, 40], 1),
        ([0, 40, 3, 2, 1], -1),
        ([9, 1, 2, 3, 4], 1),  # whatever the first is
        ([0, 5, 5, 5, 5], 0),
        ([0, 0, 0, 0, 0], 0),
    ],
)
def test_hand_made_orders(distances, expected):
    assert monotonicity(np.array(distances, float)) == pytest.approx(expected)


def test_differences_below_the_resolution_are_none():
    rounding = np.array([0.0, 1e-9, 2e-9, 3e-9])
    assert monotonicity(rounding) == pytest.approx(1)
    assert monotonicity(rounding, resolution=1e-8) == 0
    saturated = 5.0 + rounding[::-1]
    rising = np.array([0.0, 1.0, 2.0, *saturated])
    expected = spearmanr(range(6), [1, 2, 5, 5, 5, 5]).statistic
    assert monotonicity(rising, resolution=1e-8) == pytest.approx(expected)


def test_a_distance_that_is_unknown_has_no_order():
    assert np.isnan(monotonicity(np.array([0, 1, np.nan, 3])))


# sweeps


def test_level_rises_by_20_db_in_equal_steps(synth, presets):
    sweep = LevelAttribute().sweep(synth, presets[0], PERFORMANCE, STEPS)
    peaks = 20 * np.log10(np.abs(sweep.audio).max(axis=(1, 2)))
    np.testing.assert_allclose(np.diff(peaks), 5.0, atol=1e-4)
    untouched = synth.render(presets[:1], PERFORMANCE).audio[0]
    np.testing.assert_array_equal(sweep.audio[-1], untouched)


def test_pitch_rises_from_an_octave_below_by_semitones(synth, presets):
    sweep = PitchAttribute().sweep(synth, presets[0], PERFORMANCE, 13)
    untouched = synth.render(presets[:1], PERFORMANCE).audio[0]
    np.testing.assert_array_equal(sweep.audio[12], untouched)
    octave_below = Performance(notes=(Note(pitch=48, duration=0.2),), length=0.25, sr=SR)
    np.testing.assert_array_equal(sweep.audio[0], synth.render(presets[:1], octave_below).audio[0])


def test_a_parameter_rises_and_all_else_stays(synth, presets):
    sweep = cents(synth).sweep(synth, presets[0], PERFORMANCE, 3)
    name = synth.space.index("osc2_tune")
    rows = np.tile(presets[0], (3, 1))
    rows[:, name] = [0.5, 0.75, 1.0]
    np.testing.assert_array_equal(sweep.audio, synth.render(rows, PERFORMANCE).audio)


def test_whole_numbers_have_no_more_steps_than_values(synth, presets):
    octaves = ParameterAttribute(name="osc1_octave", low=0.0, high=1.0)
    assert len(octaves.sweep(synth, presets[0], PERFORMANCE, 20).audio) == 5
    assert len(octaves.sweep(synth, presets[0], PERFORMANCE, 3).audio) == 3


def test_a_change_below_80_db_is_not_audible():
    audio = np.full((3, 1, 8), 0.5, np.float32)
    status = judge(audio)
    assert not Sweep(audio, status).audible
    for change, audible in ((0.9e-4, False), (1.1e-4, True)):
        changed = audio.copy()
        changed[2, 0, 3] -= change
        assert Sweep(changed, status).audible == audible


# which are swept


@pytest.mark.parametrize("name", SYNTHS)
def test_what_is_declared_of_a_synth_is_swept(name):
    synth = SYNTHS[name]()
    chosen = choose_attributes(synth, synth.space.lock())
    assert [attribute.name for attribute in chosen] == [*DECLARED[name], "pitch", "level"]
    for attribute in chosen[:-2]:
        assert 0 <= attribute.low < attribute.high <= 1


@pytest.mark.parametrize(
    ("address", "lock"), [("vst2:amsynth_vst", "amsynth-32"), ("vital", "vital-24")]
)
def test_what_is_declared_of_a_plugin_is_swept_under_its_lock(address, lock):
    if address == "vital":
        need_package("vita", "vital")
    else:
        need_amsynth()
    with RenderPool(resolve(address)) as pool:
        locks = read_lock(lock)
        chosen = choose_attributes(pool, pool.space.lock(locks.get("lock"), free=locks["free"]))
    assert [attribute.name for attribute in chosen] == [*DECLARED[address], "pitch", "level"]


def test_what_is_locked_is_not_swept(synth):
    locked = synth.space.lock({"filter_*": None, "amp_attack": 0.01})
    names = [attribute.name for attribute in choose_attributes(synth, locked)]
    assert "osc2_tune" in names
    assert "amp_attack" not in names
    assert not any(name.startswith("filter_") for name in names)


def test_patterns_choose_what_has_an_order(synth):
    chosen = choose_attributes(synth, synth.space.lock(), ["level", "osc1_*", "osc1_t*"])
    names = [attribute.name for attribute in chosen]
    assert names == ["level", "osc1_octave", "osc1_tune", "osc1_width"]  # not the waveform


class Tone:
    """A sine synth that sweeps.yaml does not know: its amplitude, and a switch that breaks it."""

    name = "tone"
    batch = 4

    def __init__(self, names=("level", "broken"), factor=1.0):
        like = Parameter(name="", kind="continuous", default=1.0)
        self.space = ParameterSpace(tuple(replace(like, name=name) for name in names))
        self.factor = factor

    def render(self, values, performance):
        time = np.arange(performance.samples) / performance.sr
        wave = np.sin(2 * np.pi * 440 * time).astype(np.float32)
        audio = (self.factor * values[:, :1]).astype(np.float32)[..., None] * wave
        audio[values[:, 1] == 1] = np.nan
        return Renderings(audio, judge(audio), np.zeros(len(values)))


def test_whole_numbers_with_few_values_are_not_swept():
    few, some = (
        Parameter(name=f"up to {high}", kind="integer", low=0, high=high, default=0)
        for high in (2, 3)
    )
    tone = Tone()
    tone.space = ParameterSpace((few, some))
    chosen = choose_attributes(tone, tone.space.lock(), ["up to *"])
    assert [attribute.name for attribute in chosen] == ["up to 3"]


def test_an_unknown_synth_is_swept_over_all_that_is_continuous():
    tone = Tone(("loud", "broken"))
    names = [attribute.name for attribute in choose_attributes(tone, tone.space.lock())]
    assert names == ["loud", "broken", "pitch", "level"]


def test_a_parameter_hides_the_attribute_of_its_name():
    tone = Tone()
    (chosen,) = choose_attributes(tone, tone.space.lock(), ["level"])
    assert isinstance(chosen, ParameterAttribute)
    names = [attribute.name for attribute in choose_attributes(tone, tone.space.lock())]
    assert names == ["level", "broken", "pitch"]


def test_a_range_that_is_declared_holds_for_patterns_too(synth):
    (chosen,) = choose_attributes(synth, synth.space.lock(), ["osc2_tune"])
    assert chosen == cents(synth)


@pytest.mark.parametrize(
    ("pattern", "told"), [("filter_cutof", "'filter_cutoff'"), ("osc1_waveform", "osc")]
)
def test_a_pattern_that_matches_nothing_is_an_error(pattern, told, synth):
    with pytest.raises(ExperimentError, match=f"{pattern}.*: .*{told}"):
        choose_attributes(synth, synth.space.lock(), [pattern])


# base presets


def test_presets_come_from_the_seed_and_the_free_parameters(synth):
    locked = synth.space.lock({"filter_type": "bandpass"})
    drawn = [draw_presets(synth, locked, PERFORMANCE, n=3, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    place = synth.space.index("filter_type")
    assert set(drawn[0][:, place]) == {synth.space["filter_type"].normalise("bandpass")}


def test_silent_presets_are_passed_over():
    tone = Tone(factor=0.02)  # half of the amplitudes are below -40 dB
    drawn = draw_presets(tone, tone.space.lock(), PERFORMANCE, n=30, seed=0)
    assert len(drawn) == 30
    assert 0.49 < drawn[:, 0].min() < 0.6


def test_a_synth_that_is_not_heard_is_an_error():
    tone = Tone(factor=0.0)
    with pytest.raises(ExperimentError, match=r"0 of 40 .* tone .*: lock"):
        draw_presets(tone, tone.space.lock(), PERFORMANCE, n=2, seed=0)


# all together


def test_what_is_known_to_follow_the_level_is_found_to(synth, presets):
    objectives = [Loudness(), LSD()]
    ranking = rank_sweeps(synth, [LevelAttribute()], objectives, presets, PERFORMANCE, steps=STEPS)
    assert ranking.distances == ("loudness", "lsd")
    np.testing.assert_allclose(ranking.correlations, np.ones((1, 2, 2)))
    np.testing.assert_array_equal(ranking.counts, [[2, 2]])


def test_what_is_blind_to_the_level_has_no_order_though_its_rounding_may():
    tone = Tone()
    rows = np.array([[0.9, 0.5], [0.8, 0.5]])
    attributes = [LevelAttribute()]
    blind = rank_sweeps(tone, attributes, [SOT(), Centroid()], rows, PERFORMANCE, steps=STEPS)
    np.testing.assert_array_equal(blind.correlations, np.zeros((1, 2, 2)))


def test_a_falling_distance_is_minus_one(synth, presets):
    ranking = rank_sweeps(
        synth, [LevelAttribute()], [Loudness(-1.0)], presets, PERFORMANCE, steps=STEPS
    )
    np.testing.assert_allclose(ranking.overall, -1.0)


def test_a_seed_gives_the_same_ranking(synth):
    found = []
    for _ in range(2):
        rows = draw_presets(synth, synth.space.lock(), PERFORMANCE, n=2, seed=3)
        attributes = [cents(synth), PitchAttribute()]
        found.append(
            rank_sweeps(synth, attributes, [MRSTFT(), Centroid()], rows, PERFORMANCE, steps=STEPS)
        )
    np.testing.assert_array_equal(found[0].correlations, found[1].correlations)
    assert found[0].correlations.shape == (2, 2, 2)


def test_means_are_over_presets_then_over_attributes():
    tone = Tone(("loud", "broken"))
    rows = np.array([[0.3, 0.5], [0.9, 0.5]])
    attributes = choose_attributes(tone, tone.space.lock())
    objectives = [Loudness(), Picky(0.05)]
    ticks = []
    ranking = rank_sweeps(
        tone,
        attributes,
        objectives,
        rows,
        PERFORMANCE,
        steps=STEPS,
        progress=lambda: ticks.append(1),
    )
    assert len(ticks) == 8
    np.testing.assert_array_equal(ranking.complete, [[1, 1], [0, 0], [1, 1], [1, 1]])
    np.testing.assert_array_equal(ranking.audible, [[1, 1], [0, 0], [0, 0], [1, 1]])
    # the first step of `loud` is silence, which `Picky` refuses; that of the level is 0.03 and 0.09
    np.testing.assert_array_equal(ranking.counts, [[2, 0], [0, 0], [0, 0], [2, 1]])
    np.testing.assert_allclose(
        ranking.means, [[1, np.nan], [np.nan, np.nan], [np.nan, np.nan], [1, 1]]
    )
    np.testing.assert_allclose(ranking.overall, [1, 1])
    assert ranking.complaints == {"picky": "It is too soft: turn it up."}


def test_distances_of_one_name_are_an_error(synth, presets):
    with pytest.raises(ObjectiveError, match="mss, mss"):
        rank_sweeps(synth, [LevelAttribute()], [MSS(), MSS()], presets, PERFORMANCE)


def test_a_key_beyond_the_keyboard_is_an_error(synth, presets):
    low = Performance(notes=(Note(pitch=5, duration=0.2),), length=0.25, sr=SR)
    with pytest.raises(SynthError, match="out of range: give 0 to 127"):
        PitchAttribute().sweep(synth, presets[0], low, STEPS)
