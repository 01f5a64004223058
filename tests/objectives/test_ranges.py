"""Every registered objective over the range of sounds that it may be given.

A target is either measured, with finite scores, or refused with a message that names the
requirement. Whether level counts and whether the distance is symmetric is as its docstring states.
"""

import re

import numpy as np
import pytest

from patchwright.objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Target

pytestmark = pytest.mark.parametrize("name", OBJECTIVES)

RATES = [8_000, 22_050, 44_100, 96_000]
KINDS = ["noise", "silence", "clicks", "sweep", "recording"]
LENGTHS = [0.01, 0.3]

MINIMUM = re.compile(r"needs a target of at least ([\d.]+) ms \(\d+ samples")
NO_PITCH = re.compile(r"finds no pitch .* recording")


def is_blind_to_level(name):
    """Return whether the docstring lists `level` under "Blind to:"."""
    _, _, rest = OBJECTIVES[name].__doc__.partition("Blind to:")
    listed = rest.partition("\n\n")[0].split(";")
    return any(re.match(r"\s*level\b", each) for each in listed)


def is_symmetric(name):
    return "Not symmetric" not in OBJECTIVES[name].__doc__


def scorer_of(name, audio, sr):
    return ObjectiveSet([OBJECTIVES[name]()], Target(audio, sr))


def scorer_or_refusal(name, audio, sr):
    try:
        return scorer_of(name, audio, sr), ""
    except ObjectiveError as error:
        return None, str(error)


@pytest.mark.parametrize("seconds", LENGTHS)
@pytest.mark.parametrize("sr", RATES)
def test_scores_are_finite_or_the_target_is_refused(name, sr, seconds, sound):
    measured = 0
    for channels in (1, 2):
        rows = np.stack([sound(kind, sr, seconds, channels) for kind in KINDS])
        for number, kind in enumerate(KINDS):
            scorer, refusal = scorer_or_refusal(name, rows[number], sr)
            if scorer is None:
                minimum = MINIMUM.search(refusal)
                assert minimum or NO_PITCH.search(refusal), refusal
                assert minimum is None or float(minimum[1]) > 1e3 * seconds
                continue
            measured += 1
            scores = scorer.score(rows)[:, 0]
            assert np.isfinite(scores).all(), kind
            assert (scores >= 0).all()
            silent_cosine = name == "rms_cosine" and kind == "silence"
            assert scores[number] == (1 if silent_cosine else 0)
    if seconds > 0.01:
        assert measured >= (2 if name == "f0" else 10)
    else:
        assert measured in (0, 10)


def test_twenty_seconds(name, sound):
    sr = 8_000
    target, candidate = sound("tone", sr, 20.0), sound("noise", sr, 20.0)
    score = scorer_of(name, target, sr).score(np.stack([candidate, target]))
    assert np.isfinite(score).all()
    assert score[0] > score[1] == 0


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_broken_row_is_nan_alone(name, broken, sound):
    sr = 8_000
    rows = np.stack([sound("tone", sr, 0.2, 2, seed=seed) for seed in range(4)])
    scorer = scorer_of(name, rows[0], sr)
    whole = scorer.score(rows)
    rows[2, 1, 800] = broken
    scores = scorer.score(rows)
    assert np.isnan(scores[2]).all()
    np.testing.assert_array_equal(scores[[0, 1, 3]], whole[[0, 1, 3]])


@pytest.mark.parametrize("channels", [1, 2])
def test_symmetric_where_it_can_be(name, channels, sound):
    sr = 8_000
    one = sound("tone", sr, 0.2, channels)
    other = 0.5 * sound("tone", sr, 0.2, channels, seed=3)
    there = scorer_of(name, one, sr).score(other[None])[0, 0]
    back = scorer_of(name, other, sr).score(one[None])[0, 0]
    assert (there == pytest.approx(back, rel=1e-5)) == is_symmetric(name)


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_level_counts_as_documented(name, gain, sound):
    sr = 8_000
    target = sound("tone" if name == "f0" else "noise", sr, 0.3)
    other = sound("tone", sr, 0.3, seed=5)
    louder, apart = scorer_of(name, target, sr).score(np.stack([gain * target, other]))[:, 0]
    assert (louder < 1e-4 * apart) == is_blind_to_level(name)
