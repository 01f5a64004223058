"""The contract of every synth, checked for the whole registry."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from patchwright.synths import Note, Performance, Status, SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.rendering import judge

CHORD = Performance(
    notes=(Note(pitch=48, duration=0.3), Note(pitch=64, velocity=60, onset=0.1, duration=0.2)),
    length=0.6,
)
COARSE = replace(CHORD, sr=11_025)  # where the rate does not matter
IN_A_NEW_PROCESS = """
import importlib, sys
import numpy as np
from patchwright.synths import Note, Performance
synth = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
values = synth.space.sample(12, np.random.default_rng(7))
audio = synth.render(values, Performance(notes=(Note(pitch=57, duration=0.3),), length=0.5)).audio
sys.stdout.buffer.write(audio.tobytes())
"""


@pytest.fixture(params=SYNTHS, scope="module")
def synth(request):
    return SYNTHS[request.param]()


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_shapes_kinds_and_statuses(synth):
    values = synth.space.sample(9, np.random.default_rng(0))
    renders = synth.render(values, CHORD)
    assert renders.audio.shape[0] == 9
    assert renders.audio.shape[2] == CHORD.samples
    assert renders.audio.dtype == np.float32
    assert np.isfinite(renders.audio).all()
    assert (renders.status == Status.ok).sum() >= 8
    assert renders.seconds.shape == (9,)
    assert (renders.seconds > 0).all()


def test_the_same_preset_has_the_same_bits_in_any_batch_and_order(synth):
    values = synth.space.sample(24, np.random.default_rng(1))
    together = synth.render(values, CHORD).audio
    order = np.random.default_rng(2).permutation(24)
    assert np.array_equal(synth.render(values[order], CHORD).audio, together[order])
    for size in (1, 2, 3, 7):
        pieces = [synth.render(values[i : i + size], CHORD).audio for i in range(0, 24, size)]
        assert np.array_equal(np.concatenate(pieces), together), size


def test_the_same_preset_has_the_same_bits_in_a_new_process(synth):
    elsewhere = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS, type(synth).__module__, type(synth).__name__],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
    ).stdout
    values = synth.space.sample(12, np.random.default_rng(7))
    note = Performance(notes=(Note(pitch=57, duration=0.3),), length=0.5)
    assert elsewhere == synth.render(values, note).audio.tobytes()


def test_the_noise_depends_on_the_seed_of_the_synth(synth):
    space = synth.space
    if "noise_level" not in space.names:
        pytest.skip("this synth has no noise")
    noisy = space.values([{"noise_level": 1.0}])
    other = type(synth)(seed=1)
    assert not np.array_equal(synth.render(noisy, CHORD).audio, other.render(noisy, CHORD).audio)
    quiet = space.values([{"noise_level": 0.0}])
    assert np.array_equal(synth.render(quiet, CHORD).audio, other.render(quiet, CHORD).audio)


def test_every_parameter_is_heard(synth):
    """Moving any one parameter across its range changes the sound of some preset."""
    space = synth.space
    # with more parameters, more of them are heard in few presets only
    base = space.sample(max(12, len(space) // 6), np.random.default_rng(3))
    before = synth.render(base, COARSE).audio
    places = np.arange(len(space))
    changed = np.repeat(base[np.newaxis], len(space), axis=0)
    changed[places, :, places] = np.where(base.T > 0.5, 0.0, 1.0)
    left = places
    for some in (slice(4), slice(4, None)):  # most are heard in the first few
        rows = changed[left, some].reshape(-1, len(space))
        audio = synth.render(rows, COARSE).audio.reshape(len(left), *before[some].shape)
        left = left[(audio == before[some]).all(axis=(1, 2, 3))]
    assert [space.names[place] for place in left] == []


def test_extremes_are_finite(synth):
    corners = np.random.default_rng(4).integers(0, 2, (40, len(synth.space))).astype(float)
    for pitch, sr in ((0, 44_100), (127, 44_100), (60, 8_000), (127, 192_000)):
        note = Note(pitch=pitch, duration=0.1)
        audio = synth.render(corners, Performance(notes=(note,), length=0.2, sr=sr)).audio
        assert np.isfinite(audio).all()


@pytest.mark.parametrize("length", [0.001, 0.0301, 0.2])
def test_any_length(synth, length):
    performance = Performance(notes=(Note(pitch=60),), length=length)
    audio = synth.render(synth.space.sample(2, np.random.default_rng(5)), performance).audio
    assert audio.shape[2] == performance.samples


def test_no_presets_give_no_renders(synth):
    renders = synth.render(np.empty((0, len(synth.space))), CHORD)
    assert len(renders.audio) == len(renders.status) == 0


def test_wrong_values_are_refused(synth):
    for wrong in (np.zeros((2, len(synth.space) + 1)), np.full((1, len(synth.space)), np.nan)):
        with pytest.raises(SynthError):
            synth.render(wrong, CHORD)


def test_gradients_reach_every_continuous_parameter(synth):
    presets = synth.space.sample(max(16, len(synth.space) // 2), np.random.default_rng(6))
    values = torch.tensor(presets, dtype=torch.float32, requires_grad=True)
    synth.audio(values, COARSE).square().mean().backward()
    gradient = values.grad.numpy()
    assert np.isfinite(gradient).all()
    reached = (gradient != 0).any(axis=0)
    for position in np.flatnonzero(synth.space.levels == 0):
        assert reached[position], synth.space.names[position]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_sounds_like_the_cpu(synth):
    values = synth.space.sample(64, np.random.default_rng(8))
    there = type(synth)(device="cuda").render(values, CHORD).audio
    here = synth.render(values, CHORD).audio
    loudness = np.sqrt((here**2).mean(axis=2))
    assert np.median(np.sqrt(((there - here) ** 2).mean(axis=2)) / loudness) < 1e-3


def test_statuses_tell_silence_and_nan_apart():
    audio = np.zeros((4, 2, 10), np.float32)
    audio[1, 1, 3], audio[2, 0, 0], audio[3, 1, 9] = 0.5, np.nan, np.inf
    assert judge(audio).tolist() == [
        Status.silent,
        Status.ok,
        Status.non_finite,
        Status.non_finite,
    ]
