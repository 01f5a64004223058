"""Shares of pairs that a distance puts in the right order."""

import numpy as np
import pytest

from patchwright.experiments.trust.hearing import text
from patchwright.experiments.trust.hearing.changes import Change, declared_changes
from patchwright.experiments.trust.hearing.hearing import Hearing, hear, shares
from patchwright.experiments.trust.hearing.sounds import sample_notes
from patchwright.objectives import ObjectiveError
from patchwright.objectives.distances import LSD, Level, SpectralConvergence
from patchwright.synths.builtin import SYNTHS
from tests.experiments.trust.hearing.conftest import SR, make_notes


def change(kind, plain, effect="gain", **options):
    return Change(kind=kind, plain=plain, effect=effect, options=options)


CHANGES = (
    change("level", False, decibels=1),
    change("level", False, decibels=2),
    change("level", True, decibels=5),
    change("level", True, decibels=9),
    change("pitch", True, "pitch", cents=100),
)


def hearing(distances, units=None, names=("a",)):
    distances = np.asarray(distances, float)
    units = np.ones((len(distances), len(names))) if units is None else np.asarray(units, float)
    sounds = tuple(f"sound {k}" for k in range(len(distances)))
    return Hearing(sounds, CHANGES, names, distances.reshape(len(sounds), 5, -1), units)


def heard(notes, changes, *objectives, seed=0):
    with SYNTHS["subtractive"]() as synth:
        return hear(notes, changes, objectives, synth, seed=seed)


def test_pairs_in_the_right_order_are_counted():
    found = shares(hearing([[1, 2, 3, 4, 1.5], [2, 1, 2, 0, 5]]), {"a": 1.0})
    assert found.kinds == ("level", "pitch")
    # first sound: all four and one of two; second: one and a tie, none, and two
    np.testing.assert_allclose(found.share, [(4 + 1.5) / 8, (1 + 2) / 4])
    assert found.overall == pytest.approx(np.mean(found.share))
    assert found.worst == 0
    assert found.clear == pytest.approx((2 / 4 + 1 / 2) / 2)


def test_what_was_not_measured_does_not_count():
    nan = np.nan
    found = shares(hearing([[1, 2, 3, 4, nan], [nan, 1, 2, 0, nan]]), {"a": 1.0})
    assert found.share[0] == pytest.approx(0.75)
    assert np.isnan(found.share[1])
    assert found.overall == found.share[0]
    nothing = shares(hearing([[nan] * 5]), {"a": 1.0})
    assert np.isnan(nothing.overall)
    assert text.summary_rows({"a": nothing})[1] == ["a", *["–"] * 6]


def test_rounding_has_no_order():
    found = shares(hearing([[1e-9, 3e-9, 2e-9, 4e-9, 1]]), {"a": 1.0})
    np.testing.assert_allclose(found.share, [0.5, 1.0])


def test_intervals_are_of_the_sounds():
    same = shares(hearing([[1, 2, 3, 4, 1.5]] * 5), {"a": 1.0})
    np.testing.assert_allclose(same.interval, np.stack([same.share] * 2, axis=1))
    rows = [[1, 2, 3, 4, 5]] * 6 + [[4, 5, 1, 2, 3]] * 2
    low, high = shares(hearing(rows), {"a": 1.0}).overall_interval
    assert 0.3 < low < 0.75 < high <= 1.0


def test_a_set_is_the_weighted_mean_in_units():
    a, b = np.arange(1.0, 6.0), np.array([5.0, 0, 0, 0, 10])
    heard = hearing([np.stack([a, b], axis=1)], [[2.0, 10.0]], ("a", "b"))
    np.testing.assert_allclose(heard.column({"a": 3.0, "b": 1.0}), [0.75 * a / 2 + 0.25 * b / 10])
    np.testing.assert_allclose(heard.column({"b": 7.0}), [b / 10])


class Fussy:
    """A distance that refuses every target."""

    name = "fussy"

    def prepare(self, target):
        raise ObjectiveError("It is too soft: turn it up.")


def test_distances_are_measured_with_units_and_complaints():
    notes = make_notes((200.0, np.nan), seconds=0.3)
    found = heard(notes, CHANGES, Level(), SpectralConvergence(), Fussy())
    level, convergence, fussy = np.moveaxis(found.distances, 2, 0)
    np.testing.assert_allclose(level[:, :4], [[1, 2, 5, 9]] * 2, atol=1e-3)
    np.testing.assert_allclose(convergence[:, 0], 10**0.05 - 1, rtol=1e-4)
    assert np.isfinite(convergence[0, 4])
    assert np.isnan(convergence[1, 4])
    assert np.isnan(fussy).all()
    assert (found.units[:, :2] > 0).all()
    assert text.remarks(found) == ["fussy measured nothing: It is too soft: turn it up."]
    assert shares(found, {"level": 1.0}).share[0] == 1.0


def test_stereo_changes_are_compared_with_mono_ones():
    notes = make_notes((200.0,), seconds=0.3)
    changes = (
        change("level", False, decibels=1),
        change("stereo", True, "pan", decibels=12),
        change("stereo", True, "pan", decibels=0),
    )
    distances = heard(notes, changes, LSD()).distances[0, :, 0]
    assert distances[1] > distances[0] > distances[2]
    assert distances[2] == pytest.approx(0, abs=1e-4)


def test_equal_seeds_give_equal_distances():
    notes = make_notes((200.0,), seconds=0.3)
    changes = [each for each in declared_changes() if each.effect == "noise"]
    first, again, other = (heard(notes, changes, LSD(), seed=seed).distances for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_tables_have_a_row_per_distance_and_per_kind():
    found = {"a": shares(hearing([[1, 2, 3, 4, 1.5]]), {"a": 1.0})}
    assert text.summary_rows(found)[1] == [
        *("a", "0.750", "0.750 to 0.750", "0.50", "pitch", "0.50", "0.50 to 0.50")
    ]
    assert text.kind_rows(found) == [["plain change", "a"], ["level", "1.00"], ["pitch", "0.50"]]
    header, units, first, *_ = text.csv_text(hearing([[1, 2, 3, 4, np.nan]])).splitlines()
    assert header == "sound,plain,kind,change,a"
    assert units == "sound 0,,unit,random presets,1"
    assert first == "sound 0,0,level,gain decibels 1,1"


def test_sample_notes_have_one_length_and_their_pitch(tmp_path):
    import soundfile

    time = np.arange(SR) / SR
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * time), SR)
    notes = sample_notes(tmp_path, seconds=0.5, sr=SR)
    assert notes.audio.shape == (len(notes), SR // 2)
    assert {"trumpet C4", "fm brass", "oscillators"} < set(notes.names)
    assert notes.names[-1] == "tone"
    assert notes.f0[-1] == pytest.approx(440, rel=1e-3)
    expected = {"clarinet C4": 261.6, "fm brass": 233.1, "oscillators": 220.0}
    for name, hz in expected.items():
        assert notes.f0[notes.names.index(name)] == pytest.approx(hz, rel=6e-3)
    assert (notes.level > 0.005).all()
