"""The command line: every mistake of the user gives one sentence and exit code 2."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from patchwright.synths import Preset
from patchwright.synths.builtin import FM
from patchwright.synths.presets import write_preset
from tests.sizes import size

SR = 44_100
QUICK = ["--renders", "60", "--set", "search.calibration=20", "--workers", "1"]
TRUMPET = Path(str(resources.files("patchwright.experiments"))) / "targets" / "trumpet_c4.flac"


def tone(seconds, channels=1):
    t = np.arange(round(seconds * SR)) / SR
    return np.tile(0.5 * np.sin(2 * np.pi * 220 * t)[:, np.newaxis], (1, channels))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "tone.wav"
    soundfile.write(path, tone(0.4), SR)
    return path


def nan_wav(path):
    audio = tone(0.5)
    audio[100] = np.nan
    soundfile.write(path, audio, SR, subtype="FLOAT")


BAD_TARGETS = {
    "missing file": (lambda path: None, "There is no file"),
    "text named wav": (lambda path: path.write_text("this is no sound\n" * 100), "t.wav"),
    "empty file": (lambda path: path.write_bytes(b""), "empty"),
    "silence": (lambda path: soundfile.write(path, np.zeros((SR, 1)), SR), "silen"),
    "NaN samples": (nan_wav, "NaN"),
    "10 ms": (lambda path: soundfile.write(path, tone(0.01), SR), "50 ms"),
    "10 minutes": (lambda path: soundfile.write(path, tone(600), SR), "--length"),
    "6 channels": (lambda path: soundfile.write(path, tone(0.5, 6), SR), "channels"),
    "a folder": (lambda path: path.mkdir(), "t.wav"),
}


def assert_one_sentence(code, complaint):
    assert code == 2
    lines = complaint.strip().splitlines()
    assert len(lines) == 1, complaint
    assert lines[0].endswith((".", "?")) or re.search(r"[:,] ", lines[0]), complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize("kind", BAD_TARGETS)
def test_a_bad_target_is_one_sentence(kind, patchwright, tmp_path):
    make, sentence = BAD_TARGETS[kind]
    make(tmp_path / "t.wav")
    code, _, complaint = patchwright("match", "t.wav", *QUICK)
    assert_one_sentence(code, complaint)
    assert sentence in complaint
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--synth", "subtractiv"], "did you mean 'subtractive'?"),
        (["--method", "cma"], "did you mean 'cmaes'?"),
        (["--objective", "mrsft"], "did you mean 'mrstft'?"),
        (["--lock", "nowhere.yaml"], "There is no lock file nowhere.yaml: the choices are "),
        (["--set", "search.rendres=3"], "did you mean 'renders'?"),
        (["--set", "synth.lock.filter_cutof=3"], "did you mean 'filter_cutoff'?"),
        (["--note", "300"], "note"),
        (["--seconds", "-1"], "search.seconds"),
        (["--workers", "0"], "--workers must be at least 1"),
        (["--resume"], "--resume needs --out"),
        (["--start", "100"], "0.40 s"),
        (["--method", "nsga2", "--set", "search.options.population=1"], "must be at least 2"),
        (["--method", "comocatcma"], "two objectives, not 3"),
    ],
)
def test_a_bad_option_is_one_sentence(arguments, sentence, patchwright, good, tmp_path):
    code, _, complaint = patchwright("match", good, *arguments)
    assert_one_sentence(code, complaint)
    assert sentence in complaint
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["match", "a.wav", "--seed", "x"], ["match", "--sed", "1"]]
)
def test_bad_usage_is_told_by_the_parser(arguments, patchwright):
    code, _, complaint = patchwright(*arguments)
    assert code == 2
    assert "Error: " in complaint
    assert "Traceback" not in complaint


def test_a_match_needs_a_recording_or_a_preset(patchwright, good, tmp_path):
    for given in ((), (good, "--like-preset", tmp_path / "a.json")):
        code, _, complaint = patchwright("match", *given)
        assert_one_sentence(code, complaint)
        assert "--like-preset" in complaint


def test_a_misspelt_yaml_key(patchwright, tmp_path):
    (tmp_path / "e.yaml").write_text("target: {path: a.wav}\nsearch: {methd: nsga2}\n")
    code, _, complaint = patchwright("run", "e.yaml")
    assert_one_sentence(code, complaint)
    assert "search.methd is not a key; did you mean 'method'?" in complaint


def test_an_unwritable_folder(patchwright, good, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, complaint = patchwright("match", good, *QUICK, "--out", tmp_path / "file" / "run")
    assert_one_sentence(code, complaint)
    assert "file" in complaint


def test_a_folder_where_nobody_may_write(patchwright, good):
    code, _, complaint = patchwright("match", good, *QUICK, "--out", "/proc/patchwright")
    assert_one_sentence(code, complaint)
    assert "/proc/patchwright" in complaint
    assert "choose another folder" in complaint


def test_a_folder_that_holds_something_else_or_another_run(patchwright, good, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    code, _, complaint = patchwright("match", good, *QUICK, "--out", "photos")
    assert_one_sentence(code, complaint)
    assert "not hold a run" in complaint
    assert patchwright("match", good, *QUICK, "--out", "r")[0] == 0
    before = (tmp_path / "r" / "summary.json").read_bytes()
    code, _, complaint = patchwright("match", good, *QUICK, "--out", "r")
    assert_one_sentence(code, complaint)
    assert "already holds a run" in complaint
    assert "--resume" in complaint
    code, _, complaint = patchwright("match", good, *QUICK, "--out", "r", "--resume", "--seed", "9")
    assert_one_sentence(code, complaint)
    assert "another seed" in complaint
    assert (tmp_path / "r" / "summary.json").read_bytes() == before
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat"


def test_a_full_disk_is_one_sentence_and_the_run_can_go_on(patchwright, good, tmp_path):
    """A limit on the size of files acts like a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        code, _, complaint = patchwright("match", good, *QUICK, "--out", "r")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert code == 2
    assert "Traceback" not in complaint
    assert "make room" in complaint.splitlines()[-1]
    assert patchwright("match", good, *QUICK, "--out", "r", "--resume")[0] == 0
    assert (tmp_path / "r" / "report.html").exists()


def test_match_sounds_like_a_preset_of_another_synth(patchwright, tmp_path):
    write_preset(tmp_path / "bell.json", Preset("bell", "fm", FM.space.defaults), FM())
    like = ("--like-preset", "bell.json", "--like-synth", "fm", "--length", "0.2")
    assert patchwright("match", *like, "--seed", "1", *QUICK, "--out", "r")[0] == 0
    target = yaml.safe_load((tmp_path / "r" / "run.yaml").read_text())["target"]
    assert (Path(target["preset"]).name, target["synth"]["name"]) == ("bell.json", "fm")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Give a recording or --like-preset"),
        (("x.wav", "--like-preset", "x.json"), "Give a recording or --like-preset"),
        (("x.wav", "--preset", "1"), "are for --like-preset"),
        (("x.wav", "--text", "warm pad"), "--text and --clap go together"),
        (("--like-preset", "x.json", "--transcribe"), "hear a recording"),
    ],
)
def test_a_target_is_a_recording_or_a_preset(patchwright, words, sentence):
    code, _, complaint = patchwright("match", *words)
    assert_one_sentence(code, complaint)
    assert sentence in complaint


def test_match_says_what_it_heard_and_found(patchwright, good, tmp_path):
    code, said, heard = patchwright("match", good, *QUICK, "--out", "r")
    assert code == 0
    assert "A3 (MIDI 57)" in heard
    assert "matches" in said
    assert "What still differs: " in said
    assert str(Path("r") / "report.html") in said
    assert (tmp_path / "r" / "report.html").exists()
    (tmp_path / "r" / "report.html").unlink()
    code, said, _ = patchwright("report", "r")
    assert code == 0
    assert (tmp_path / "r" / "report.html").exists()


def test_a_given_note_and_a_lock_file_are_used(patchwright, good, tmp_path):
    (tmp_path / "lock.yaml").write_text("lock: {osc1_waveform: sine}\nfree: ['osc*', 'amp_*']\n")
    code, _, heard = patchwright(
        "match", good, *QUICK, "--note", "60", "--lock", "lock.yaml", "--out", "r"
    )
    assert code == 0
    assert "C4 (MIDI 60), as given" in heard
    text = (tmp_path / "r" / "run.yaml").read_text()
    assert "osc1_waveform: sine" in text


def test_synths_can_be_looked_at(patchwright):
    code, said, _ = patchwright("synths")
    assert code == 0
    assert "subtractive: " in said
    code, said, _ = patchwright("synth", "show", "subtractive")
    assert code == 0
    assert "filter_cutoff" in said
    code, _, complaint = patchwright("synth", "show", "moog")
    assert_one_sentence(code, complaint)


def start(out, *more):
    command = [sys.executable, "-c", "from patchwright.experiments.cli import main; main()"]
    return subprocess.Popen(
        [
            *command,
            *("match", str(TRUMPET), "--length", "0.5", "--renders", "240", "--out", str(out)),
            *("--method", "nsga2", "--set", "search.options.population=20"),
            *("--note", "60", "--set", "target.duration=0.5"),  # so that no pitch is looked for
            *("--workers", "1", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def generations(out):
    return len(list((out / "evaluations").glob("*.parquet")))


def wait_for(out, count, process):
    deadline = time.monotonic() + 120
    while generations(out) < count:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def finished(out):
    """The results of a run, without times and its folder."""
    import json

    summary = json.loads((out / "summary.json").read_text())
    summary.pop("seconds")
    logged = [p.name for p in sorted((out / "evaluations").iterdir())]
    return summary, (out / "best.wav").read_bytes(), (out / "best.json").read_bytes(), logged


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "r"
    process = start(out)
    _, complaint = process.communicate()
    assert process.returncode == 0, complaint
    return out


def test_ctrl_c_loses_nothing_and_prints_how_to_go_on(undisturbed, patchwright, tmp_path):
    out = tmp_path / "r"
    process = start(out)
    wait_for(out, 4, process)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in complaint
    command = complaint.strip().splitlines()[-1].split()
    first = ["patchwright", "run", f"{out}/run.yaml", "--out", str(out), "--resume"]
    assert command == [*first, "--workers", "1"]
    kept = generations(out)
    assert kept >= 4
    code, _, complaint = patchwright(*command[1:])
    assert code == 0, complaint
    assert finished(out) == finished(undisturbed)


def test_ctrl_c_before_the_search_is_quiet(tmp_path):
    process = start(tmp_path / "r")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert not (tmp_path / "r").exists()


def test_sigkill_at_any_moment_and_resume_ends_with_the_same_bits(
    undisturbed, patchwright, tmp_path
):
    """The run is killed early, after some generations, and while results are written."""
    out = tmp_path / "r"
    rng = np.random.default_rng(int.from_bytes(os.urandom(4)))
    kills = 0
    for wanted in size([0, 1, 3, 5, 6], [3]):
        process = start(out, "--resume")
        wait_for(out, wanted, process)
        time.sleep(float(rng.uniform(0, 0.2)))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    process = start(out, "--resume")
    while not (out / "front").exists():  # the search is over, results are being written
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.kill()
    process.communicate()
    kills += process.returncode == -signal.SIGKILL
    assert kills >= size(4, 1)
    code, _, complaint = patchwright("run", out / "run.yaml", "--out", out, "--resume")
    assert code == 0, complaint
    assert finished(out) == finished(undisturbed)


def test_the_package_is_a_command_too():
    command = [sys.executable, "-P", "-m", "patchwright", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "match" in done.stdout
