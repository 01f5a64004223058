"""Listening tests: which sounds are played, in which order, and what the page reveals."""

import base64
import html
import io
import re

import numpy as np
import pytest
import soundfile
import torch

from patchwright.experiments.compare.listening.sounds import low_anchor
from patchwright.experiments.pages.templates import script_digest
from patchwright.objectives.signal.loudness import loudness
from tests.experiments.compared_runs import write_groups
from tests.experiments.heard_runs import SR, listening, page_of, sounding

SCORES = {"cmaes": [0.3, 0.4, 0.5], "nsga2": [0.3, 0.4, 0.5]}


@pytest.fixture
def runs(tmp_path):
    return sounding(write_groups(tmp_path / "runs", SCORES))


def heard(page, key):
    """Yield samples `[c, t]` of each trial: the open reference, then pairs with the stimuli."""
    for sounds, trial in zip(page_of(page)["trials"], key["trials"], strict=True):
        read = [soundfile.read(io.BytesIO(base64.b64decode(s)), always_2d=True) for s in sounds]
        assert {sr for _, sr in read} == {SR}
        open_one, *others = [samples.T for samples, _ in read]
        yield open_one, list(zip(trial["stimuli"], others, strict=True))


# What is played


@pytest.mark.parametrize("sr", [11_025, 44_100, 96_000])
def test_the_low_anchor_is_that_of_the_recommendation(sr):
    impulse = np.zeros((1, 2 * (sr // 2) + 1))
    impulse[0, sr // 2] = 1
    found = low_anchor(impulse, sr)
    np.testing.assert_allclose(found, found[:, ::-1], atol=1e-12)  # no delay
    level = 20 * np.log10(np.abs(np.fft.rfft(found[0], 2 * sr)) + 1e-12)
    hz = np.fft.rfftfreq(2 * sr, 1 / sr)
    assert np.abs(level[hz <= 3_500]).max() < 0.1
    assert level[hz >= 4_000].max() < -25
    assert level[hz >= 4_500].max() < -50


def test_each_sound_is_what_the_key_says(runs, tmp_path):
    page, key = listening(runs, tmp_path / "out")
    assert {trial["target"] for trial in key["trials"]} == {"sound00", "sound01", "sound02"}
    for open_one, others in heard(page, key):
        loudest = max(np.abs(sound).max() for sound in (open_one, *(s for _, s in others)))
        assert loudest == pytest.approx(0.97, abs=1e-4)
        found = {stimulus.get("folder", stimulus["sound"]): s for stimulus, s in others}
        np.testing.assert_array_equal(found.pop("reference"), open_one)
        np.testing.assert_allclose(found.pop("anchor"), low_anchor(open_one, SR), atol=1e-4)
        assert len(found) == 2
        for folder, sound in found.items():
            own = soundfile.read(f"{folder}/best.wav")[0]
            target = soundfile.read(f"{folder}/target.wav")[0]
            gain = np.abs(open_one).max() / np.abs(target).max()  # one for all of a trial
            np.testing.assert_allclose(sound[0], gain * own, atol=2**-14)


def test_loudness_is_made_equal_if_told(runs, tmp_path):
    page, key = listening(runs, tmp_path / "out", level="loudness")
    for sounds in heard(page, key):
        every = torch.tensor(np.stack([sounds[0], *(sound for _, sound in sounds[1])]))
        np.testing.assert_allclose(loudness(every, SR), loudness(every[:1], SR).item(), atol=0.1)
        assert every.abs().max() == pytest.approx(0.97, abs=1e-4)


def test_all_sounds_of_a_trial_have_one_length_and_as_many_channels(runs, tmp_path):
    stereo = np.random.default_rng(0).uniform(-0.1, 0.1, (2 * SR, 2))
    soundfile.write(runs / "cmaes" / "00-0" / "best.wav", stereo, SR, subtype="FLOAT")
    page, key = listening(runs, tmp_path / "out")
    for trial, (open_one, others) in zip(key["trials"], heard(page, key), strict=True):
        changed = trial["target"] == "sound00"
        assert open_one.shape == ((2, 2 * SR) if changed else (1, round(0.3 * SR)))
        assert {sound.shape for _, sound in others} == {open_one.shape}
        np.testing.assert_array_equal(open_one[0], open_one[-1])


def test_one_seed_of_a_target_is_drawn_for_all(tmp_path):
    scores = {method: [[0.3, 0.4, 0.5]] * 4 for method in ("cmaes", "nsga2")}
    runs = sounding(write_groups(tmp_path / "runs", scores), seconds=0.05)
    _, key = listening(runs, tmp_path / "out")
    drawn = set()
    for trial in key["trials"]:
        folders = [s["folder"] for s in trial["stimuli"] if s["sound"] == "answer"]
        assert len(folders) == 2
        [seed] = {folder[-1] for folder in folders}
        drawn.add(seed)
    assert len(drawn) > 1


# In which order


def test_the_order_is_of_the_seed(runs, tmp_path):
    pages = {}
    for seed in range(4):
        page, key = listening(runs, tmp_path / str(seed), seed=seed)
        again, _ = listening(runs, tmp_path / f"{seed} again", seed=seed)
        assert page.read_bytes() == again.read_bytes()
        order = [(trial["target"], s["sound"]) for trial in key["trials"] for s in trial["stimuli"]]
        pages[tuple(order)] = page_of(page)["page"]
    assert len(pages) == len(set(pages.values())) == 4


def test_there_are_no_more_trials_than_asked_for(runs, tmp_path):
    page, key = listening(runs, tmp_path / "out", max_trials=2)
    assert len(key["trials"]) == len(page_of(page)["trials"]) == 2
    _, key = listening(runs, tmp_path / "all", max_trials=9)
    assert len(key["trials"]) == 3


# What the page gives away


def test_the_page_holds_no_names_and_loads_nothing(runs, tmp_path):
    page, key = listening(runs, tmp_path / "out")
    text = page.read_text()
    secrets = [s.get(k, "") for t in key["trials"] for s in t["stimuli"] for k in ("run", "folder")]
    for name in {"cmaes", "nsga2", "sound0", *filter(None, secrets)}:
        assert name not in text
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"\s(src|href|action)=|url\(|@import", markup)
    [script] = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    assert policy.startswith(f"default-src 'none'; script-src {script_digest(script)};")


# What is refused


def test_mistakes_are_told(runs, complaint, patchwright):
    assert patchwright("listen", runs)[0] == 0
    assert patchwright("listen", runs)[0] == 0  # the same page again
    assert "key.json is the key of another page" in complaint("listen", runs, "--seed", 1)
    assert "level must be one of absolute, loudness, peak" in complaint(
        "listen", runs, "--out", "other", "--level", "loud"
    )
    assert "one group, cmaes" in complaint("listen", runs / "cmaes", "--out", "other")
    best = runs / "cmaes" / "01-0" / "best.wav"
    for content in (b"", b"RIFF"):
        best.write_bytes(content)
        assert f"{best} is missing or damaged" in complaint("listen", runs, "--out", "other")
    best.unlink()
    assert f"{best} is missing or damaged" in complaint("listen", runs, "--out", "other")


def test_more_sounds_than_a_trial_may_have_are_refused(tmp_path, complaint):
    scores = {f"m{number}": [0.3] for number in range(11)}
    runs = sounding(write_groups(tmp_path / "runs", scores), seconds=0.05)
    assert "11 groups with the hidden reference" in complaint("listen", runs)


def test_a_sample_rate_without_room_for_the_anchor_is_refused(tmp_path, complaint):
    runs = sounding(write_groups(tmp_path / "runs", SCORES, sr=8_000), sr=8_000)
    assert "At a sample rate of 8000 Hz the low anchor" in complaint("listen", runs)
