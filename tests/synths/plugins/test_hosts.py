"""Conformance of every host, through the pool: setting, saving, loading and playing."""

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from patchwright.synths import Note, Performance, parse_notes
from patchwright.synths.plugins.hosts.table import HOSTS
from patchwright.synths.plugins.pool import RenderPool
from tests.sizes import size
from tests.synths.damage import refusal
from tests.synths.plugins.sine_host import SINE
from tests.synths.readme import README
from tests.synths.sample_plugins import FAULTS, healthy, plugin

NAMES = ("amsynth", "vital", "fault", "sine")
SR = 22_050
NOTE = Performance(notes=(Note(pitch=57, duration=0.1),), length=0.2, sr=SR)
NOTES = "C3+E3+G3:0.25/90 C4:0.2@0.1/40 E4:0.15@0.15/127 C4:0.1@0.32/64"
# the host alone: the hash of its audio
ALONE = """
import hashlib, pickle, sys
import numpy as np
source, performance, values = pickle.load(sys.stdin.buffer)
host = source.open()
host.set_all(values)
audio = host.play(performance)
print(hashlib.sha256(np.ascontiguousarray(audio).tobytes()).hexdigest(), *audio.shape)
"""


@pytest.fixture(scope="module", autouse=True)
def _sine():
    """Add the host of the README's recipe."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(HOSTS, SINE.name, SINE)
        patch.setenv("PYTHONPATH", str(README.parents[1]))  # plugin processes import the host
        yield


@pytest.fixture(scope="module")
def opened(request):
    """Pools by name, each opened once, with locks within which renders repeat."""
    pools = {}

    def pool(name):
        if name not in pools:
            spec, locks = plugin(name, request.getfixturevalue("fault_synth"))
            pools[name] = RenderPool(spec, deadline=30), locks
        return pools[name]

    yield pool
    for one, _ in pools.values():
        one.close()


def values(opened, name, n, seed=0):
    pool, locks = opened(name)
    if name == "fault":
        return healthy(pool.space, n, seed)
    subspace = pool.space.lock(locks.get("lock"), free=locks.get("free"))
    return subspace.decode(subspace.sample(n, np.random.default_rng(seed)))


@pytest.mark.parametrize("name", NAMES)
def test_parameters_read_back_as_they_were_set(name, opened):
    """All parameters are tried, not only the free ones; discrete values are on their levels."""
    pool, _ = opened(name)
    rows = pool.space.snap(np.random.default_rng(0).uniform(size=(8, len(pool.space))))
    found = pool.read_back(rows)
    assert found.shape == rows.shape
    differing = np.abs(found - rows).max(axis=0) > 2e-6
    assert [pool.space.names[i] for i in np.flatnonzero(differing)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_back_depends_on_no_render_before(name, opened):
    pool, _ = opened(name)
    rows = values(opened, name, 3)
    before = pool.read_back(rows)
    pool.render(rows[::-1], NOTE)
    assert np.array_equal(pool.read_back(rows[::-1])[::-1], before)


# amsynth writes values with few digits, Vital as float32
@pytest.mark.parametrize(
    ("name", "suffix", "tolerance"),
    [
        ("amsynth", ".fxp", 1e-5),
        ("vital", ".vital", 1e-6),
        ("fault", ".vstpreset", 1e-6),
        ("sine", ".sine", 0),
    ],
)
def test_a_saved_state_gives_the_values_again(name, suffix, tolerance, opened):
    pool, _ = opened(name)
    assert pool.suffix == suffix
    rows = values(opened, name, 6)
    kept = np.array([name != "unused" for name in pool.space.names])  # reads 0, always
    states = [pool.save_state(row) for row in rows]
    assert len({*states}) == 6
    for row, state in zip(rows, states, strict=True):
        found = pool.load_state(state)
        np.testing.assert_allclose(found[kept], row[kept], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_may_start_from_a_preset_file(name, opened):
    pool, _ = opened(name)
    row = values(opened, name, 1, seed=3)[0]
    state = pool.save_state(row)
    with RenderPool(pool.spec.with_state(state), deadline=30) as started:
        assert started.spec.fingerprint != pool.spec.fingerprint
        kept = np.array([name != "unused" for name in pool.space.names])
        np.testing.assert_allclose(started.space.defaults[kept], row[kept], rtol=0, atol=1e-5)
        assert np.abs(pool.space.defaults - row)[kept].max() > 0.1
        ours = pool.render(pool.load_state(state)[np.newaxis], NOTE).audio
        # not the same bits, because the plugin played a moment of silence with other settings
        theirs = started.render(started.space.defaults[None], NOTE).audio
        assert np.sqrt(((theirs - ours) ** 2).mean() / (ours**2).mean()) < 0.01
        assert not np.array_equal(pool.render(pool.space.defaults[None], NOTE).audio, ours)


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_does_not_start_from_what_is_no_preset(name, opened):
    pool, _ = opened(name)
    message = refusal(RenderPool, pool.spec.with_state(b"no preset at all"))
    assert message.endswith(".")
    assert "\n" not in message


# What is played


def performance(name):
    if name == "vital":
        note = Note(pitch=52, velocity=77, onset=0.1234, duration=0.2)
        return Performance(notes=(note,), length=0.6, sr=SR, tempo=97.0)
    tempo = 97.0 if name == "amsynth" else 120.0
    return Performance.of(parse_notes(NOTES), tail=0.2, sr=SR, tempo=tempo)


@pytest.mark.parametrize("name", NAMES)
def test_the_pool_plays_the_bits_of_the_host_alone(name, opened):
    """Chords and overlapping notes too, where the host can play them."""
    pool, _ = opened(name)
    played = performance(name)
    row = values(opened, name, 1, seed=5)[0]
    audio = pool.render(row[np.newaxis], played).audio[0]
    assert np.abs(audio).max() > 1e-3
    inputs = (replace(pool.spec.source, sr=played.sr), played, row)
    done = subprocess.run(
        [sys.executable, "-c", ALONE], input=pickle.dumps(inputs), capture_output=True, check=True
    )
    expected = hashlib.sha256(audio.tobytes()).hexdigest()
    assert done.stdout.decode().split()[-3:] == [expected, *map(str, audio.shape)]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_sounds_before_the_first_note(name, opened):
    pool, _ = opened(name)
    row = values(opened, name, 1, seed=5)
    late = Performance(notes=(Note(pitch=60, onset=0.2, duration=0.1),), length=0.4, sr=SR)
    audio = pool.render(row, late).audio[0]
    before = round(0.195 * SR)
    assert np.abs(audio[:, :before]).max() < 1e-4
    assert np.abs(audio[:, before:]).max() > 1e-3


@pytest.mark.parametrize("name", ["amsynth", "fault", "sine"])
def test_every_note_of_a_chord_is_heard_and_velocity_matters(name, opened):
    pool, _ = opened(name)
    row = pool.space.defaults[np.newaxis]
    texts = ("C4+E4:0.2", "C4:0.2", "E4:0.2", "C4+E4:0.2/30")
    audio = [
        pool.render(row, Performance.of(parse_notes(text), length=0.3, sr=SR)).audio[0]
        for text in texts
    ]
    spectra = [np.abs(np.fft.rfft(sound[0], 8 * SR)) for sound in audio]
    for hz in (261.63, 329.63):
        near = slice(round(8 * (hz - 6)), round(8 * (hz + 6)))
        assert spectra[0][near].max() > 0.5 * max(spectra[1][near].max(), spectra[2][near].max())
    assert np.abs(audio[3]).max() < 0.85 * np.abs(audio[0]).max()


@pytest.mark.parametrize("sr", size(whole=[8_000, 48_000, 96_000], quick=[96_000]))
@pytest.mark.parametrize("name", NAMES)
def test_another_sample_rate(name, sr, opened):
    pool, _ = opened(name)
    rows = values(opened, name, 2, seed=6)
    there = Performance(notes=(Note(pitch=57, duration=0.1),), length=0.2, sr=sr)
    first = pool.render(rows, there)
    assert first.audio.shape == (2, pool.described.channels, there.samples)
    assert np.isfinite(first.audio).all()
    assert np.abs(first.audio).max(axis=(1, 2)).min() > 1e-4
    pool.render(rows, NOTE)  # back again, and there once more
    assert np.array_equal(pool.render(rows, there).audio, first.audio)
    with RenderPool(pool.spec, deadline=30) as fresh:
        assert np.array_equal(fresh.render(rows, there).audio, first.audio)


def test_the_tempo_reaches_the_plugin(opened):
    """Vital's synchronised LFO moves the cutoff in time with the tempo."""
    pool, _ = opened("vital")
    moved = {"lfo_1_sync": "Tempo", "modulation_1_amount": 1.0, "filter_1_on": True}
    row = pool.space.values([moved | {"osc_1_random_phase": 0, "filter_1_cutoff": 60}])
    slow, quick = (
        pool.render(row, Performance(notes=NOTE.notes, length=0.2, sr=SR, tempo=tempo)).audio
        for tempo in (60.0, 240.0)
    )
    assert not np.array_equal(slow, quick)


# What is refused


def test_vital_plays_one_note_at_a_time(opened):
    pool, _ = opened("vital")
    chord = Performance.of(parse_notes("C4+E4"), sr=SR)
    message = refusal(pool.render, pool.space.defaults[np.newaxis], chord)
    assert message.startswith("vita plays one note at a time, not 2: ")
    assert "vst3:Vital" in message
    assert pool.render(values(opened, "vital", 1), NOTE).audio.any()  # and plays on


def test_pedalboard_knows_one_tempo(opened):
    pool, _ = opened("fault")
    hurried = Performance(notes=NOTE.notes, length=0.2, sr=SR, tempo=121.0)
    message = refusal(pool.render, pool.space.defaults[np.newaxis], hurried)
    assert "121 beats per minute: use 120" in message
    assert pool.render(values(opened, "fault", 1), NOTE).audio.any()


def test_faults_of_the_test_plugin_are_off_in_these_tests(opened):
    pool, _ = opened("fault")
    rows = values(opened, "fault", 2)
    assert not rows[:, [pool.space.index(name) for name in FAULTS]].any()
