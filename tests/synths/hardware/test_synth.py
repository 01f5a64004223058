"""A hardware synth on a simulated line: checks, trimming, kept recordings, repeatability."""

import numpy as np
import pytest
import yaml

from patchwright.synths import Note, Performance, Status, SynthError
from patchwright.synths.hardware.qualify import qualify_hardware
from patchwright.synths.hardware.spec import find_spec
from patchwright.synths.hardware.synth import HardwareSynth
from tests.synths.hardware.simulated import LATENCY, SPEC, SimulatedLine

PLAYED = Performance(notes=(Note(pitch=57, duration=0.2),), length=0.3)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = tmp_path / "spec.yaml"
    spec.write_text(yaml.safe_dump(SPEC, sort_keys=False))
    synths = []

    def one(**line):
        synths.append(HardwareSynth("midi:simulated", find_spec("", spec), SimulatedLine(**line)))
        return synths[-1]

    yield one
    for synth in synths:
        synth.close()


def test_latency_is_measured_and_trimmed(opened):
    synth = opened()
    check = synth.check(44_100)
    assert abs(check.latency - LATENCY) < 150  # a block, and the attack
    assert check.noise == pytest.approx(1e-5, rel=0.1)
    renders = synth.render(synth.space.defaults[np.newaxis], PLAYED)
    assert renders.status[0] == Status.ok
    assert renders.audio.shape == (1, 1, PLAYED.samples)
    onset = np.argmax(np.abs(renders.audio[0, 0]) > 0.02)
    assert onset < 150


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"gain": 0.0}, "hears no note.*turn up"),
        ({"gain": 20.0}, "clips.*turn down"),
        ({"rates": (48_000,)}, "cannot record"),
    ],
)
def test_a_faulty_line_is_found_before_anything_is_rendered(opened, line, words):
    with pytest.raises(SynthError, match=words):
        opened(**line).check(44_100)


def test_silence_is_judged_by_the_noise(opened):
    synth = opened(noise=1e-3)
    values = synth.space.values([{"level": 0}, {"level": 127}])
    assert synth.render(values, PLAYED).status.tolist() == [Status.silent, Status.ok]


def test_a_recording_with_gaps_is_tried_again_and_then_given_up(opened):
    synth = opened()
    synth.check(44_100)
    defaults = synth.space.defaults[np.newaxis]
    synth.line.gaps = 2
    assert synth.render(defaults, PLAYED).status[0] == Status.ok
    synth.line.gaps = 3
    assert synth.render(defaults, PLAYED).status[0] == Status.timeout


def test_a_preset_is_recorded_once_if_recordings_are_kept(opened, tmp_path):
    synth = opened()
    values = synth.space.sample(3, np.random.default_rng(0))
    plain = synth.render(values, PLAYED).audio
    assert not np.array_equal(synth.render(values, PLAYED).audio, plain)  # noise
    synth.keep(tmp_path / "takes")
    first = synth.render(values, PLAYED).audio
    before = synth.line.recordings
    assert np.array_equal(synth.render(values[::-1], PLAYED).audio[::-1], first)
    assert synth.line.recordings == before
    assert not np.array_equal(synth.record(values, PLAYED).audio, first)
    for damaged in (tmp_path / "takes").glob("*.flac"):
        damaged.write_bytes(b"fLaC")
    synth.render(values, PLAYED)
    assert synth.line.recordings == before + 6


def test_free_running_oscillators_are_told_from_noise(opened):
    steady, _ = qualify_hardware(opened(noise=1e-3), {}, presets=4)
    assert (steady.free_running, steady.identical) == (0, 0)


def test_free_running_oscillators_are_found(opened):
    loose, repeated = qualify_hardware(opened(free=True), {}, presets=4)
    assert loose.free_running >= 3
    assert repeated.first.shape == repeated.second.shape


def test_a_port_is_used_by_one_run_at_a_time(opened):
    opened()
    with pytest.raises(SynthError, match="in use"):
        opened()


def test_a_dry_sound_is_refused(opened):
    from patchwright.synths import DrySound

    dry = Performance(notes=(), length=0.1, dry=DrySound(np.zeros((1, 4410))))
    synth = opened()
    with pytest.raises(SynthError, match="notes"):
        synth.render(synth.space.defaults[np.newaxis], dry)
