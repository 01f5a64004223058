"""Runs as a whole with real plugins, and with the FM synth's own files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile
import yaml

from patchwright.experiments.config import load_experiment
from patchwright.experiments.match.run import match, run_experiment
from patchwright.synths.plugins.spec import read_space
from tests.synths.sample_plugins import left_behind, need_amsynth, need_package

SR = 44_100
SEARCH = {"renders": 60, "calibration": 20}
QUICK = ("--renders", "60", "--set", "search.calibration=20")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Verdicts of earlier runs on plugins do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    path = tmp_path_factory.mktemp("target") / "Töne von heute.wav"
    at = np.arange(round(0.3 * SR)) / SR
    partials = sum(np.sin(2 * np.pi * 220 * k * at) / k for k in range(1, 6))
    soundfile.write(path, 0.3 * np.exp(-at / 0.15) * partials, SR)
    return path


def kept(folder):
    """The contents of a run, without times."""
    summary = json.loads((folder / "summary.json").read_text())
    summary.pop("seconds")
    search = json.loads((folder / "search.json").read_text())
    for state in search["history"]:
        state.pop("seconds")
    names = sorted(p.relative_to(folder) for p in folder.rglob("*.wav"))
    names += sorted(p.relative_to(folder) for p in folder.rglob("best*") if p.is_file())
    return summary, search, {str(name): (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def amsynth_run(target, tmp_path_factory):
    need_amsynth()
    out = tmp_path_factory.mktemp("amsynth") / "r"
    synth = {"name": "vst2:amsynth_vst", "lock": "amsynth-16"}
    return match(target, out=out, workers=1, synth=synth, search=SEARCH)


def command(*arguments):
    code = "from patchwright.experiments.cli import main; main()"
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_amsynth_is_matched_and_its_own_preset_written(amsynth_run):
    folder, summary = amsynth_run.folder, amsynth_run.summary
    assert summary.free == 16
    assert summary.statuses | {"ok": 0, "silent": 0} == dict.fromkeys(summary.statuses, 0)
    assert summary.verified is True
    assert summary.noise_floor == dict.fromkeys(summary.random, 0.0)
    assert (folder / "best.fxp").read_bytes()[:4] == b"CcnK"
    assert summary.native.file == "best.fxp"
    for name, score in summary.objectives.items():
        assert summary.native.objectives[name] == pytest.approx(score, rel=0.02)
    assert summary.versions["synth"].startswith("dawdreamer ")
    assert summary.versions["synth"].endswith(", fork")
    space = read_space(folder / "synth.yaml")
    assert list(space.names) == list(summary.preset)
    page = amsynth_run.report.read_text()
    assert "filter_cutoff" in page


def test_two_workers_give_the_same_bits(amsynth_run, target, tmp_path):
    synth = {"name": "vst2:amsynth_vst", "lock": "amsynth-16"}
    other = match(target, out=tmp_path / "r", workers=2, synth=synth, search=SEARCH)
    assert kept(other.folder) == kept(amsynth_run.folder)


def test_a_run_that_is_killed_and_resumed_ends_with_the_same_bits(
    amsynth_run, target, patchwright, tmp_path
):
    out = tmp_path / "r"
    arguments = ("match", target, "--synth", "vst2:amsynth_vst", "--lock", "amsynth-16", *QUICK)
    process = subprocess.Popen(
        command(*arguments, "--out", out, "--workers", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list((out / "evaluations").glob("*.parquet")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "summary.json").exists()
    assert left_behind(process.pid) == []
    code, said, complaint = patchwright("run", out / "run.yaml", "--out", out, "--resume")
    assert code == 0, complaint
    assert str(out / "best.fxp") in said.replace("\n", "")
    assert kept(out) == kept(amsynth_run.folder)


def test_vitals_own_preset_is_written_and_plays(target, patchwright, tmp_path):
    need_package("vita", "vital")
    code, said, complaint = patchwright(
        *("match", target, "--synth", "vital", "--lock", "vital-24", "--out", "r"),
        *("--renders", "40", "--set", "search.calibration=20", "--workers", "2"),
    )
    assert code == 0, complaint
    assert "r/best.vital" in said
    summary = json.loads((tmp_path / "r/summary.json").read_text())
    assert summary["verified"] is True
    assert summary["free"] == 24
    for name, score in summary["objectives"].items():
        assert summary["native"]["objectives"][name] == pytest.approx(score, rel=0.02)
    _, best = scipy.io.wavfile.read("r/best.wav")
    held = summary["target"]["held"]
    code, _, complaint = patchwright(
        *("synth", "render", "vital", "r/best.vital", "-o", "again.wav"),
        *("--notes", f"{summary['target']['note']}:{held}"),
        *("--length", summary["target"]["length"]),
    )
    assert code == 0, complaint
    _, again = scipy.io.wavfile.read("again.wav")
    assert again.shape == best.shape
    assert np.sqrt(((again - best) ** 2).mean() / (best**2).mean()) < 0.05
    assert "modulation_1_amount" in Path("r/report.html").read_text()


def test_the_fm_synth_writes_a_voice_for_a_dx7(target, tmp_path):
    search = {"renders": 30, "calibration": 20}
    found = match(target, out=tmp_path / "r", workers=1, synth="fm", search=search)
    assert found.summary.verified is True
    assert found.summary.native.file == "best.syx"
    assert set(found.summary.native.objectives) == set(found.summary.objectives)
    assert (found.folder / "best.syx").stat().st_size == 163


def test_an_experiment_says_all_of_a_plugin(target, tmp_path, monkeypatch):
    need_amsynth()
    (tmp_path / "mine.yaml").write_text(
        "parameters:\n  osc1_waveform: {kind: categorical, choices: [a, b, c, d, e]}\n"
        "  keyboard_mode: {kind: categorical, choices: [poly, mono, legato]}\n"
        "  freq_mod_osc: {kind: categorical, choices: [both, one, two]}\n"
    )
    experiment = {
        "target": {"path": str(target)},
        "synth": {
            "plugin": "vst2:amsynth_vst",
            "host": "dawdreamer",
            "lock": "amsynth-32",
            "spec": "mine.yaml",
        },
        "objectives": ["mrstft"],
        "search": {"renders": 30, "calibration": 20},
    }
    path = tmp_path / "e.yaml"
    path.write_text(yaml.safe_dump(experiment))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = run_experiment(load_experiment(path), out=tmp_path / "r", workers=1)
    assert found.summary.free == 32
    assert found.summary.preset["osc1_waveform"] in "abcde"
    # the same spec with other words is another run
    (tmp_path / "mine.yaml").write_text(
        (tmp_path / "mine.yaml").read_text().replace("[a, b, c, d, e]", "[v, w, x, y, z]")
    )
    with pytest.raises(ValueError, match=r"begun with another versions\.synth"):
        run_experiment(load_experiment(path), out=tmp_path / "r", workers=1, resume=True)


def test_a_run_with_a_relative_spec_can_be_resumed_from_anywhere(target, patchwright, tmp_path):
    need_amsynth()
    (tmp_path / "mine.yaml").write_text("parameters: {amp_attack: {prior: {high: 0.1}}}\n")
    arguments = ("match", target, "--synth", "vst2:amsynth_vst", "--lock", "mine-lock.yaml")
    (tmp_path / "mine-lock.yaml").write_text("free: [amp_*, osc1_*]\n")
    short = ("--renders", "30", "--set", "search.calibration=20", "--objective", "envelope")
    code, _, said = patchwright(*arguments, *short, "--set", "synth.spec=mine.yaml", "--out", "r")
    assert code == 0, said
    os.chdir("/")
    code, _, said = patchwright("run", tmp_path / "r/run.yaml", "--out", tmp_path / "r", "--resume")
    assert code == 0, said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lock", "amsynth-61"], "There is no lock file amsynth-61: did you mean 'amsynth-16'?"),
        (["--lock", "vital-24"], "matches no parameter"),
        (["--synth", "vst2:amsynt_vst"], "did you mean 'amsynth_vst'?"),
        (["--set", "synth.host=dawdremer"], "did you mean 'dawdreamer'?"),
        (["--set", "synth.polcy=fork"], "synth.polcy is not a key; did you mean 'policy'?"),
        (["--set", "synth.policy=forks"], "synth.policy is wrong: "),
        (["--set", "synth.spec=none.yaml"], "none.yaml cannot be read"),
        (["--set", "synth.state=none.fxp"], "none.fxp cannot be read"),
        (["--synth", "fm", "--set", "synth.spec=none.yaml"], "fm is a built-in synth"),
    ],
)
def test_mistakes_are_one_sentence(arguments, sentence, complaint, target, tmp_path):
    need_amsynth()
    synth = () if "--synth" in arguments else ("--synth", "vst2:amsynth_vst")
    assert sentence in complaint("match", target, *synth, *QUICK, *arguments)
    assert not (tmp_path / "runs").exists()
