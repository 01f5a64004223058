"""A run as a whole, through its Python interface."""

import html
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.objectives import OBJECTIVES
from patchwright.objectives.differences import hear_differences
from patchwright.synths import Note, Performance, Preset, SynthError
from patchwright.synths.builtin import Subtractive
from tests.sizes import long, size

SMALL = {"renders": 150, "calibration": 30, "method": "nsga2", "options": {"population": 20}}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A short note of the synth itself, so that 0 can be reached."""
    space = Subtractive.space
    values = space.values([{"filter_cutoff": 900.0, "amp_decay": 0.3, "amp_sustain": 0.2}])
    performance = Performance(notes=(Note(pitch=57, duration=0.4),), length=0.6)
    path = tmp_path_factory.mktemp("target") / "note.wav"
    audio = Subtractive().render(values, performance).audio[0]
    soundfile.write(path, audio.T, 44_100, subtype="FLOAT")
    return path


def untimed(folder):
    """The contents of a run, without times."""
    summary = json.loads((folder / "summary.json").read_text())
    summary.pop("seconds")
    search = json.loads((folder / "search.json").read_text())
    for state in search["history"]:
        state.pop("seconds")
    files = sorted(p.relative_to(folder) for p in folder.rglob("*.wav"))
    files += sorted(p.relative_to(folder) for p in folder.rglob("best.json"))
    return summary, search, {str(p): (folder / p).read_bytes() for p in files}


@pytest.mark.parametrize("method", size(["random", "nsga2", "cmaes"], ["cmaes"]))
def test_the_same_seed_gives_the_same_bits_with_any_number_of_workers(method, target, tmp_path):
    options = {"renders": 120, "calibration": 30, "method": method}
    runs = [
        match(target, out=tmp_path / str(i), workers=workers, search=options, seed=5)
        for i, workers in enumerate(size([1, 2, 3, 1], [1, 3]))
    ]
    first = untimed(runs[0].folder)
    for other in runs[1:]:
        assert untimed(other.folder) == first
    different = match(target, out=tmp_path / "x", search=options, seed=6)
    assert untimed(different.folder)[0]["preset"] != first[0]["preset"]


@pytest.fixture(scope="module")
def run(target, tmp_path_factory):
    return match(target, out=tmp_path_factory.mktemp("run") / "r", search=SMALL, seed=1)


def test_the_summary_says_what_is_in_the_folder(run, target):
    summary = json.loads((run.folder / "summary.json").read_text())
    assert summary == run.summary.model_dump(mode="json")
    assert summary["renders"] == sum(summary["statuses"].values()) == 150
    assert summary["verified"] is True
    assert set(summary["metrics"]) == set(OBJECTIVES)
    assert summary["noise_floor"] == dict.fromkeys(summary["random"], 0.0)
    assert set(summary["random"]) == set(summary["closer_than"]) == set(OBJECTIVES)
    for name, score in summary["objectives"].items():
        assert summary["metrics"][name] == score
    scaled = [summary["objectives"][n] / summary["random"][n] for n in summary["objectives"]]
    assert summary["match"] == pytest.approx(1 - np.mean(scaled))
    random = json.loads((run.folder / "search.json").read_text())["random"]
    for name, score in summary["objectives"].items():
        assert summary["random"][name] == np.median(random[name])
        assert summary["closer_than"][name] == np.mean(np.array(random[name]) > score)
    assert summary["target"]["note"] == 57
    assert set(summary["preset"]) == set(Subtractive.space.names)
    assert summary["preset"]["filter_cutoff"].endswith("Hz")
    assert summary["versions"]["patchwright"]


def test_the_summary_says_in_words_what_still_differs(run):
    (target, sr), (best, _) = (
        soundfile.read(run.folder / name, always_2d=True) for name in ("target.wav", "best.wav")
    )
    found = hear_differences(target.T, best.T, sr, held=run.summary.target.held)
    assert [d.text for d in run.summary.differences] == [d.text for d in found.heard]
    assert list(run.summary.alike) == list(found.alike)
    assert run.summary.in_words() == found.sentence()
    for difference in run.summary.differences:
        assert difference.plainness >= 1
        assert difference.detail
    assert found.sentence() in html.unescape(run._repr_html_())


def test_the_best_preset_renders_to_the_best_sound_by_itself(run, target):
    config = check_experiment(yaml.safe_load((run.folder / "run.yaml").read_text()), "run.yaml")
    setup = prepare(config)
    values = Preset.read(run.folder / "best.json", "subtractive", Subtractive.space).values
    audio = Subtractive().render(values[np.newaxis], setup.performance).audio
    kept, sr = soundfile.read(run.folder / "best.wav", dtype="float32", always_2d=True)
    assert sr == 44_100
    assert np.array_equal(audio[0], kept.T)
    scores = setup.objectives.score(audio)[0]
    assert scores.tolist() == list(run.summary.objectives.values())


def test_the_front_is_kept_and_the_answer_is_its_nearest_to_the_ideal(run):
    search = json.loads((run.folder / "search.json").read_text())
    front = search["front"]
    assert [p["name"] for p in front] == [p.stem for p in sorted(run.folder.glob("front/*.wav"))]
    assert front[0]["distance"] == min(point["distance"] for point in front)
    assert front[0]["scores"] == pytest.approx(run.summary.objectives)
    scaled = np.array([list(point["scaled"].values()) for point in front])
    for row in range(len(scaled)):
        others = np.delete(scaled, row, axis=0)
        assert not (others <= scaled[row]).all(axis=1).any()
    history = search["history"]
    assert [state["number"] for state in history] == list(range(len(history)))
    distances = [state["distance"] for state in history]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < distances[0]


def test_locks_reach_every_render(target, tmp_path):
    locks = {"osc?_waveform": "sine", "filter_cutoff": 700}
    found = match(
        target, out=tmp_path / "r", search=SMALL, synth={"name": "subtractive", "lock": locks}
    )
    for path in [found.folder / "best.json", *found.folder.glob("front/*.json")]:
        parameters = json.loads(path.read_text())["parameters"]
        assert parameters["osc1_waveform"] == parameters["osc2_waveform"] == "sine"
        assert parameters["filter_cutoff"] == pytest.approx(700, rel=1e-6)
    assert found.summary.free == len(Subtractive.space) - 3


def test_a_run_can_be_repeated_from_its_own_yaml(run, tmp_path):
    from patchwright.experiments.config import load_experiment

    again = run_experiment(load_experiment(run.folder / "run.yaml"), out=tmp_path / "again")
    assert untimed(again.folder) == untimed(run.folder)


def test_a_finished_run_can_be_resumed_and_stays_the_same(run, target):
    before = untimed(run.folder)
    again = match(target, out=run.folder, resume=True, search=SMALL, seed=1)
    assert untimed(again.folder) == before
    assert again.summary.seconds == run.summary.seconds


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed"),
        ({"search": SMALL | {"renders": 151}}, "search.renders"),
        ({"objectives": ["mss"]}, "objectives"),
    ],
)
def test_resuming_another_run_is_refused_and_says_what_differs(change, named, run, target):
    with pytest.raises(ExperimentError, match=named):
        match(target, out=run.folder, resume=True, **({"search": SMALL, "seed": 1} | change))


def test_another_recording_under_the_same_name_is_refused(target, tmp_path):
    audio, sr = soundfile.read(target)
    path = tmp_path / "t.wav"
    soundfile.write(path, audio, sr)
    found = match(path, out=tmp_path / "r", search=SMALL)
    soundfile.write(path, audio * 0.5, sr)
    with pytest.raises(ExperimentError, match="target_sha256"):
        match(path, out=found.folder, resume=True, search=SMALL)


def test_two_processes_cannot_share_a_folder(run, target):
    import filelock

    with filelock.FileLock(run.folder / ".lock"), pytest.raises(ExperimentError, match="in use"):
        match(target, out=run.folder, resume=True, search=SMALL, seed=1)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"synth": "subtractiv"}, ExperimentError, "did you mean 'subtractive'?"),
        ({"objectives": ["mrstf"]}, ExperimentError, "did you mean 'mrstft'?"),
        ({"search": {"method": "cmae"}}, ExperimentError, "did you mean 'cmaes'?"),
        ({"search": {"options": {"populaton": 3}}}, ExperimentError, "it has none"),
        ({"workers": 0}, ExperimentError, "at least 1"),
        ({"resume": True}, ExperimentError, "--resume needs --out"),
        ({"synth": {"lock": {"filtr*": 1}}}, SynthError, "matches no parameter"),
        ({"synth": {"free": ["nothing"]}}, SynthError, "matches no parameter"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(
    arguments, error, sentence, target, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as told:
        match(target, **arguments)
    assert sentence in str(told.value)
    assert not list(tmp_path.iterdir())


def test_runs_without_a_folder_get_one_of_their_own(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [match(target, search=SMALL).folder for _ in range(2)]
    assert folders == [
        Path("runs/note-subtractive-nsga2-0"),
        Path("runs/note-subtractive-nsga2-0-2"),
    ]


def test_stereo_at_another_rate_is_matched_at_its_pitch(target, tmp_path):
    audio, sr = soundfile.read(target)
    import soxr

    other = soxr.resample(np.stack([audio, 0.5 * audio], axis=1), sr, 96_000)
    path = tmp_path / "stereo.flac"
    soundfile.write(path, other, 96_000, subtype="PCM_24")
    found = match(path, out=tmp_path / "r", search=SMALL)
    assert found.summary.target.note == 57
    assert found.summary.verified


def test_a_target_too_short_for_some_metrics_is_matched_by_the_others(target, tmp_path):
    found = match(
        target,
        out=tmp_path / "r",
        search=SMALL,
        sr=8_000,
        objectives=["mfcc_mae"],
        synth={"free": ["osc*", "amp*"]},
    )
    assert set(found.summary.metrics) == set(OBJECTIVES)
    audio, sr = soundfile.read(target)
    path = tmp_path / "short.wav"
    soundfile.write(path, audio[: round(0.06 * sr)], sr)
    found = match(path, out=tmp_path / "s", search=SMALL, sr=8_000, objectives=["mfcc_mae"])
    too_short = {"mrstft", "mel_stft", "onset_envelope", "f0"}
    assert set(found.summary.metrics) == set(OBJECTIVES) - too_short
    assert found.report.exists()


def test_a_summary_of_another_version_is_refused(run, tmp_path):
    import shutil

    from patchwright.experiments.records.run_folder import RunFolder
    from patchwright.experiments.report import write_report

    shutil.copytree(run.folder, tmp_path / "r")
    summary = json.loads((tmp_path / "r" / "summary.json").read_text())
    summary.pop("noise_floor")
    (tmp_path / "r" / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(ExperimentError, match="another version"):
        write_report(RunFolder(tmp_path / "r"))


@long
def test_the_bits_do_not_depend_on_the_threads_that_torch_finds(tmp_path):
    """The first run of a process initialises torch; its target must be transformed like others."""
    code = (
        "from patchwright import match; import sys; "
        "sound = {'random': 0, 'duration': 0.1, 'length': 0.2}; "
        "search = {'renders': 40, 'calibration': 20, 'method': 'random'}; "
        "match(sound, out=sys.argv[1], search=search, sr=22050)"
    )
    scores = []
    for threads in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / threads)],
            env=os.environ | {"OMP_NUM_THREADS": threads},
            check=True,
        )
        summary = json.loads((tmp_path / threads / "summary.json").read_text())
        scores.append([summary[part] for part in ("objectives", "metrics", "random")])
    assert scores[0] == scores[1]
