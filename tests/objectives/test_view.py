"""Views: alignment, level, and ranges of time and frequency."""

import numpy as np
import pytest
import scipy.signal
import torch

from patchwright.objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Target, View, Viewed
from patchwright.objectives.signal.alignment import best_lags, onsets
from patchwright.objectives.signal.filtering import band_pass
from patchwright.objectives.signal.loudness import loudness

SR = 8_000


def late(sound, lag):
    """Return a sound shifted by samples and filled with silence."""
    moved = np.zeros_like(sound)
    moved[..., max(lag, 0) : sound.shape[-1] + min(lag, 0)] = sound[
        ..., max(-lag, 0) : sound.shape[-1] - max(lag, 0)
    ]
    return moved


@pytest.fixture
def note(sound):
    """A decaying sweep between silences, [1, 4000]."""
    note = np.zeros((1, SR // 2), np.float32)
    note[:, 800:3_400] = sound("sweep", SR, 2_600 / SR) * np.exp(-np.arange(2_600) / 600)
    return note


def score(target, candidates, view, name="log_mel"):
    scorer = ObjectiveSet([Viewed(OBJECTIVES[name](), view)], Target(target, SR))
    return scorer.score(np.asarray(candidates, np.float32))[:, 0]


@pytest.mark.parametrize("align", ["onset", "lag"])
def test_alignment_undoes_a_delay(note, align):
    candidates = np.stack([late(note, lag) for lag in (-160, -8, 0, 80, 400)])
    np.testing.assert_allclose(score(note, candidates, View(align=align)), 0, atol=1e-5)
    plain = score(note, candidates, View())
    assert plain[2] == 0
    assert (np.delete(plain, 2) > 0.1).all()


def test_lags_are_found_up_to_50_ms(note):
    lags = [-900, -400, -80, 0, 24, 400, 900]
    found = best_lags(
        torch.from_numpy(np.stack([late(note, k) for k in lags])), torch.from_numpy(note), SR
    )
    assert found.tolist()[1:-1] == lags[1:-1]
    assert found.abs().max() <= 0.05 * SR


def test_onset_is_where_a_tenth_of_the_peak_is_reached(note):
    quiet = torch.from_numpy(np.stack([note, 1e-3 * note, 0 * note]))
    loud = np.abs(note[0]) >= 0.1 * np.abs(note).max()
    assert onsets(quiet).tolist() == [int(np.argmax(loud))] * 2 + [0]


@pytest.mark.parametrize("level", ["loudness", "peak"])
def test_level_is_matched(note, level):
    candidates = np.stack([gain * note for gain in (0.05, 0.5, 1.0, 4.0, -2.0)])
    np.testing.assert_allclose(score(note, candidates, View(level=level)), 0, atol=1e-3)
    assert score(note, candidates, View())[0] > 1


def test_loudness_is_matched_within_the_range(note, sound):
    target = Target(note, SR)
    view = View(level="loudness", time=(0.1, 0.3)).prepare(target)
    shown = view(torch.from_numpy(sound("noise", SR, 0.5)[None]))
    assert shown.shape == (1, 1, 1_600)
    assert loudness(shown, SR) == pytest.approx(
        float(loudness(view.target.audio[None], SR)), abs=1e-3
    )


def test_silence_stays_silent_and_finite(note):
    for level in ("loudness", "peak"):
        view = View(level=level)
        assert np.isfinite(score(note, np.zeros((1, *note.shape)), view)).all()
        assert np.isfinite(score(np.zeros_like(note), note[None], view)).all()


def test_time_range_hears_nothing_else(note, sound):
    other = note.copy()
    other[:, 1_200:] = sound("noise", SR, 0.5)[:, 1_200:]
    assert score(note, other[None], View(time=(0.0, 0.15))) == 0
    assert score(note, other[None], View(time=(0.15, None))) > 1
    cut = ObjectiveSet([OBJECTIVES["mss"]()], Target(note[:, 800:2_000], SR))
    part = score(note, other[None], View(time=(0.1, 0.25)), "mss")
    assert part == cut.score(other[None, :, 800:2_000])


def test_band_pass_equals_its_response(sound):
    noise = sound("noise", SR, 1.0)
    passed = band_pass(torch.from_numpy(noise)[None].double(), SR, 500, 2_000)[0, 0].numpy()
    frequencies, before = scipy.signal.welch(noise[0], SR, nperseg=1024, detrend=False)
    _, after = scipy.signal.welch(passed, SR, nperseg=1024, detrend=False)
    gain = 10 * np.log10(after / before)
    assert np.abs(gain[(frequencies > 580) & (frequencies < 1_720)]).max() < 0.2
    assert gain[(frequencies < 420) | (frequencies > 2_320)].max() < -40
    assert gain[np.argmin(np.abs(frequencies - 500))] == pytest.approx(-6, abs=1)


def test_frequency_range_hears_nothing_else(sound):
    time = np.arange(SR) / SR
    low, high = (
        0.3 * np.sin(2 * np.pi * hz * time)[None].astype(np.float32) for hz in (200, 2_000)
    )
    view = View(frequency=(100, 800))
    assert score(low, (low + high)[None], view, "mrstft") < 0.05 * score(
        low, (low + high)[None], View(), "mrstft"
    )
    assert score(low, high[None], view, "mrstft") > 0.5


def test_views_and_whole_sounds_stand_side_by_side(note, sound):
    attack = View(time=(0.0, 0.2), level="peak")
    objectives = [
        OBJECTIVES["mss"](),
        Viewed(OBJECTIVES["mss"](), attack, name="attack"),
        Viewed(OBJECTIVES["log_mel"](), attack, name="attack colour"),
    ]
    together = ObjectiveSet(objectives, Target(note, SR))
    rows = np.stack([sound("noise", SR, 0.5, seed=k) for k in range(3)])
    scores = together.score(rows)
    assert together.names == ("mss", "attack", "attack colour")
    for column, objective in enumerate(objectives):
        alone = ObjectiveSet([objective], Target(note, SR)).score(rows)
        np.testing.assert_array_equal(scores[:, [column]], alone)
    for row in range(3):
        np.testing.assert_array_equal(together.score(rows[[row]])[0], scores[row])


@pytest.mark.parametrize(
    "view",
    [View(level="loudness"), View(level="peak"), View(frequency=(50, 300)), View(align="lag"),
     View(align="onset", time=(0.1, 1.0))],
)  # fmt: skip
def test_gradients_agree_with_finite_differences(view):
    generator = torch.Generator().manual_seed(0)
    shape = (2, 1_040)
    fade = torch.exp(-torch.arange(1_040) / 200)
    target, audio = (
        0.1 * fade * torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)
    )
    direction = torch.randn((8, *shape), generator=generator, dtype=torch.float64)
    scorer = ObjectiveSet([Viewed(OBJECTIVES["log_mel"](), view)], Target(target, 4_000))

    def along(steps):
        return scorer.distances((audio + torch.einsum("k,kct->ct", steps, direction))[None])

    steps = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, steps, eps=1e-8, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"frequency": (4_000, 200)}, r"not be \[4000, 200\]"),
        ({"time": (0.2, 0.1)}, r"not be \[0\.2, 0\.1\]"),
        ({"time": (7.0, None)}, "choose an earlier one"),
        ({"frequency": (5_000, 6_000)}, "5000 Hz .*: lower the"),
    ],
)
def test_ranges_that_hold_nothing_are_refused(note, options, sentence):
    with pytest.raises(ObjectiveError, match=sentence):
        View(**options).prepare(Target(note, SR))


@pytest.mark.parametrize("lengths", ["target", "longest"])
def test_other_lengths_are_padded_as_declared(note, sound, lengths):
    scorer = ObjectiveSet([OBJECTIVES["log_mel"]()], Target(note, SR), lengths=lengths)
    short = note[None, :, :3_400]
    assert scorer.score(short) == 0  # what is missing was silent
    longer = np.concatenate([note, sound("noise", SR, 0.1)], axis=1)[None]
    assert (scorer.score(longer) == 0) == (lengths == "target")
    assert scorer.score(note[None]) == 0
    with pytest.raises(ObjectiveError, match="lengths"):
        ObjectiveSet([OBJECTIVES["log_mel"]()], Target(note, SR)).score(short)
