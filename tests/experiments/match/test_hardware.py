"""Matches on hardware: a run that is killed while it renders goes on, and loses one render."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

from patchwright.experiments.cli.match import hardware_search
from patchwright.synths import Note, Performance
from patchwright.synths.hardware.spec import find_spec
from patchwright.synths.hardware.synth import HardwareSynth
from tests.sizes import long, size
from tests.synths.hardware.simulated import SPEC, SimulatedLine

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("hardware_run.py")


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    spec = tmp_path / "spec.yaml"
    spec.write_text(yaml.safe_dump(SPEC, sort_keys=False))
    target = tmp_path / "target.wav"
    with HardwareSynth("midi:simulated", find_spec("", spec), SimulatedLine()) as synth:
        values = synth.space.values([{"level": 90, "brightness": 60, "decay": 80, "even": False}])
        played = Performance(notes=(Note(pitch=60, duration=0.3),), length=0.4)
        soundfile.write(target, synth.render(values, played).audio[0].T, 44_100)
    return spec, target


def run(spec, target, out, *die):
    command = [sys.executable, str(SCRIPT), str(spec), str(target), str(out), *map(str, die)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


def log(out):
    tables = [pq.read_table(path) for path in sorted((out / "evaluations").glob("*.parquet"))]
    names = [name for name in tables[0].column_names if name.startswith("genotype.")]
    return np.concatenate([np.column_stack([t[name] for name in names]) for t in tables])


def test_a_kill_between_send_and_record_costs_one_render(files, tmp_path):
    """The calibration is one generation: without kept recordings all of it would be lost."""
    out = tmp_path / "killed"
    assert run(*files, out, 12).returncode == 9  # 4 recordings check the line, the 8th render dies
    assert len(list((out / "takes").glob("*.flac"))) == 7
    assert not list((out / "evaluations").glob("*.parquet"))
    before = {path: path.stat().st_mtime_ns for path in (out / "takes").iterdir()}
    again = run(*files, out)
    assert again.returncode == 0, again.stderr  # with the same command
    assert {path: path.stat().st_mtime_ns for path in before} == before
    renders, takes = map(int, again.stdout.split()[-2:])
    assert renders == takes == 20  # the report plays nothing again
    for whole in size((tmp_path / "whole",), ()):
        assert run(*files, whole).returncode == 0
        # noise differs, so later generations may; the calibration is drawn before it is heard
        assert np.array_equal(log(out)[:10], log(whole)[:10])
    assert len(log(out)) == 20
    summary = json.loads((out / "summary.json").read_text())
    assert summary["synth"] == "midi:simulated"
    assert summary["noise_floor"]["mrstft"] > 0  # the answer was played once more
    assert (out / "report.html").is_file()


def test_the_budget_of_a_synth_in_real_time_is_small():
    assert hardware_search("auto", None, None) == {"renders": 250, "calibration": 50}
    assert hardware_search("auto", 40, None) == {"renders": 40, "calibration": 10}
    assert hardware_search("auto", None, 600.0)["method"] == "portfolio"


@long
def test_standalone_amsynth_is_matched_as_hardware(tmp_path):
    """Its recording of the found preset is the plugin's own render, by waveform."""
    from patchwright.synths.parameters.locks import read_lock
    from patchwright.synths.plugins.address import resolve
    from patchwright.synths.plugins.pool import RenderPool
    from tests.synths.hardware.standalone import standalone_amsynth

    note = Performance(notes=(Note(pitch=60, duration=0.6),), length=1.0)
    target, out = tmp_path / "target.wav", tmp_path / "run"
    lock = yaml.safe_load(yaml.safe_dump(read_lock("amsynth-16")))
    lock["lock"] = {"osc?_waveform": "saw", "filter_type": "lowpass"}
    lock["free"] = ["amp_decay", "amp_sustain", "filter_cutoff", "filter_resonance", "osc_mix"]
    (tmp_path / "lock.yaml").write_text(yaml.safe_dump(lock))
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        wanted = {"filter_cutoff": 4, "amp_decay": 0.5, "amp_sustain": 0.5, "filter_resonance": 0.5}
        soundfile.write(target, pool.render(pool.space.values([wanted]), note).audio[0].T, 44_100)
        with standalone_amsynth(tmp_path) as (env, spec):
            synth = ["midi:pretended", "--spec", str(spec), "--input", "pretended"]
            command = [
                *(sys.executable, "-m", "patchwright", "match", str(target), "--note", "60"),
                *("--lock", str(tmp_path / "lock.yaml"), "--out", str(out), "--synth", *synth),
            ]
            found = subprocess.run(command, env=env, capture_output=True, text=True, timeout=1800)
            assert found.returncode == 0, found.stderr
            qualified = subprocess.run(
                [sys.executable, "-m", "patchwright", "synth", "qualify", *synth, "--presets", "5"],
                env=env,
                capture_output=True,
                text=True,
                timeout=300,
            )
        assert "latency" in qualified.stdout, qualified.stderr
        preset = json.loads((out / "best.json").read_text())["parameters"]
        values = pool.space.values([preset])
        numbers = pool.space.snap(np.rint(values * 127) / 127)  # as controllers send them
        values = np.where(pool.space.levels > 0, values, numbers)
        recorded, sr = soundfile.read(out / "best.wav", always_2d=True)
        length = len(recorded) / sr
        held = json.loads((out / "summary.json").read_text())["target"]["held"]
        played = Performance(notes=(Note(pitch=60, duration=held),), length=length)
        own = pool.render(values, played).audio[0].mean(axis=0)
    heard = recorded.mean(axis=1)
    spectra = [np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) for sound in (heard, own)]
    assert np.linalg.norm(spectra[0] - spectra[1]) < 0.1 * np.linalg.norm(spectra[1])
    summary = json.loads((out / "summary.json").read_text())
    assert summary["match"] > 0.5
