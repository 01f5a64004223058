"""The synth that fails on demand: each fault does what its name says and nothing else."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.plugins import build as building
from tests.plugins.build import MissingToolsError, build

PLAY = Path(__file__).parents[2] / "plugins" / "play.py"
PRESETS = [
    {},
    {"level": 0.3},
    {"brightness": 0.9},
    {"attack_s": 0.5},
    {"decay_s": 0.9},
    {"detune_ct": 0.8},
    {"waveform": 0.0},
    {"waveform": 1.0},
    {"octave": 1.0},
]


def play(plugin, *steps, timeout=60, **environment):
    """Render in a new process; return its exit code and the measurements of each render."""
    done = subprocess.run(
        [sys.executable, PLAY, plugin, json.dumps(steps)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=timeout,
        env=os.environ | environment,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def hashes(plugin, *steps):
    code, renders = play(plugin, *steps)
    assert code == 0
    return [render["sha256"] for render in renders]


def test_without_faults_a_preset_has_the_same_bits_whatever_came_before(fault_synth):
    defaults = {"level": 0.7, "brightness": 0.5, "attack_s": 0.02, "decay_s": 0.1, "detune_ct": 0.1}
    defaults |= {"waveform": 0.5, "octave": 0.0}
    steps = [{"values": defaults | preset} for preset in PRESETS]
    forward = hashes(fault_synth, *steps)
    assert len(set(forward)) == len(PRESETS)  # and every parameter is heard
    assert hashes(fault_synth, *reversed(steps)) == forward[::-1]
    assert hashes(fault_synth, *({**step, "reset": False} for step in steps)) == forward
    assert len(set(hashes(fault_synth, *[{}] * 20))) == 1
    assert len(set(hashes(fault_synth, *({"buffer_size": size} for size in (64, 1000))))) == 1


@pytest.mark.parametrize(
    ("value", "number"), [(0.5, 0), (0.6, -signal.SIGSEGV), (1.0, -signal.SIGABRT)]
)
def test_crash(fault_synth, value, number):
    code, renders = play(fault_synth, {}, {"values": {"crash": value}})
    assert code == number
    assert len(renders) == (1 if number else 2)


def test_hang(fault_synth):
    steps = json.dumps([{}, {"values": {"hang": 1.0}}])
    with subprocess.Popen(
        [sys.executable, PLAY, fault_synth, steps],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1.5)
        finally:
            process.kill()
        assert process.stdout.read() == b""


def test_numbers_that_are_none_a_pause_and_silence(fault_synth):
    clean = {"not_a_number": 0.0, "slow": 0.0, "silence": 0.0}
    steps = [clean, {"not_a_number": 0.6}, {"not_a_number": 1.0}]
    steps += [clean | {"slow": 0.4}, clean | {"silence": 1.0}, clean]
    code, renders = play(fault_synth, *({"values": values} for values in steps))
    assert code == 0
    first, nan, infinite, slow, silent, last = renders
    assert (nan["nans"], nan["infs"]) == (2, 0)  # one in each channel
    assert (infinite["nans"], infinite["infs"]) == (0, 2)
    assert slow["seconds"] > 0.4 > first["seconds"]
    assert slow["sha256"] == last["sha256"] == first["sha256"]
    assert silent["peak"] == 0.0 < first["peak"] < 1.0


def test_leak(fault_synth):
    code, renders = play(fault_synth, {}, *[{"values": {"leak": 0.5}}] * 4)
    assert code == 0
    assert 195 < renders[-1]["megabytes"] - renders[0]["megabytes"] < 260
    assert len({render["sha256"] for render in renders}) == 1


def test_memory_of_the_instance_goes_with_the_instance(fault_synth):
    instance = {"values": {"memory": 0.5}}
    assert len(set(hashes(fault_synth, *[instance] * 3))) == 1
    kept = [instance, {"reset": False, "sample_rate": 48_000}, {"reset": False}, {"reset": False}]
    first, _, third, fourth = hashes(fault_synth, *kept)  # another rate deactivates and activates
    assert len({first, third, fourth}) == 3


def test_memory_of_the_process_outlives_the_instance(fault_synth):
    process = {"values": {"memory": 1.0}}
    renders = hashes(fault_synth, *[process] * 4)
    assert len(set(renders)) == 4
    assert hashes(fault_synth, *[process] * 4) == renders  # a new process starts afresh


def test_flaky_crashes_once(fault_synth, tmp_path):
    flaky = {"values": {"flaky": 1.0}}
    marker = str(tmp_path / "marker")
    codes = [play(fault_synth, flaky, PATCHWRIGHT_FLAKY_MARKER=marker)[0] for _ in range(2)]
    assert codes == [-signal.SIGSEGV, 0]
    assert play(fault_synth, flaky)[0] == 0  # without a marker it never crashes


def test_missing_tools_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "DPF", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolsError, match=r"install dpf-source g\+\+ make"):
        build(tmp_path)


def test_it_is_built_once_when_several_ask_at_once(fault_synth, tmp_path, monkeypatch):
    made = []
    make = building._make
    monkeypatch.setattr(building, "_make", lambda *args: (made.append(args), make(*args)))
    with ThreadPoolExecutor(3) as pool:
        places = list(pool.map(lambda _: build(tmp_path, "test_effect"), range(3)))
    assert len(made) == len(set(places)) == 1
    assert places[0].is_dir()
