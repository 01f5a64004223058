"""Sounds for the tests of distances."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

TARGETS = Path(__file__).parents[2] / "experiments" / "targets"


def make_sound(kind, sr, seconds, channels=1, seed=0):
    """Make a sound [channels, samples], float32."""
    n_samples = int(sr * seconds)
    generator = np.random.default_rng(seed)
    time = np.arange(n_samples) / sr
    if kind == "noise":
        sound = 0.1 * generator.standard_normal((channels, n_samples))
    elif kind == "silence":
        sound = np.zeros((channels, n_samples))
    elif kind == "clicks":
        sound = np.zeros((channels, n_samples))
        for channel in sound:
            channel[generator.integers(0, n_samples, 5)] = 0.8
    elif kind == "sweep":
        phase = 2 * np.pi * (60 * time + 0.2 * sr / seconds * time**2 / 2)
        sound = np.stack([0.5 * np.sin(phase + k) * np.exp(-k * time) for k in range(channels)])
    elif kind == "tone":  # a note with vibrato; the seed is its pitch in quarter tones
        hz = 110 * 2 ** (seed / 24)
        turns = hz * time + 0.3 * np.sin(2 * np.pi * 5 * time)
        partials = range(1, 1 + min(6, int(0.45 * sr / hz)))
        sound = np.stack(
            [
                sum(0.3 / k * np.sin(2 * np.pi * k * turns + channel) for k in partials)
                for channel in range(channels)
            ]
        )
    elif kind == "recording":
        path = sorted(TARGETS.glob("*.flac"))[seed % len(sorted(TARGETS.glob("*.flac")))]
        recording, _ = soundfile.read(path, dtype="float32", always_2d=True)
        sound = np.stack([np.roll(recording[:n_samples, 0], 900 * k) for k in range(channels)])
    else:
        raise ValueError(kind)
    return np.ascontiguousarray(sound, dtype=np.float32)


@pytest.fixture(scope="session")
def sound():
    return make_sound


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small transforms gain nothing from a second thread and wait for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# target, candidate, sample rate, seconds, channels
PAIRS = [
    ("noise", "noise", 44_100, 1.0, 1),
    ("noise", "noise", 48_000, 0.5, 2),
    ("noise", "sweep", 8_000, 2.0, 2),
    ("noise", "silence", 22_050, 0.4, 1),
    ("silence", "noise", 44_100, 0.2, 1),
    ("clicks", "clicks", 48_000, 0.7, 1),
    ("clicks", "noise", 22_050, 0.2, 2),
    ("sweep", "sweep", 44_100, 0.333, 2),
    ("sweep", "clicks", 8_000, 0.2, 1),
    ("recording", "recording", 44_100, 2.0, 1),
    ("recording", "sweep", 44_100, 1.0, 2),
    ("noise", "recording", 96_000, 0.4, 2),
    ("noise", "clicks", 96_000, 0.011, 1),
]


@pytest.fixture(params=PAIRS, ids=lambda pair: "-".join(map(str, pair)))
def pair(request):
    """Target and candidate [c, t], and their sample rate."""
    target, candidate, sr, seconds, channels = request.param
    return (
        make_sound(target, sr, seconds, channels, seed=1),
        make_sound(candidate, sr, seconds, channels, seed=2),
        sr,
    )
