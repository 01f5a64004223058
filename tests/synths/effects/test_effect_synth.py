"""Effects as a synth."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pedalboard
import pytest
import soundfile

from patchwright.experiments.config import SynthConfig
from patchwright.experiments.store.key import shard_key
from patchwright.synths import DrySound, Note, Performance, Preset, Status, SynthError
from patchwright.synths.builtin import FM, Oscillators, Subtractive
from patchwright.synths.effects import EFFECTS, EffectSynth
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.spec import read_space, spec_text
from patchwright.synths.presets import read_preset, write_preset
from patchwright.synths.rendering import Renderings
from tests.synths.effects.sounds import SR, played

EVERY = " | ".join(name for name in EFFECTS if name != "pitch_shift")
TREE = "{distortion, chorus} | (dry + phaser | reverb) | (low_pass / delay / bitcrush)"
NOTE = Performance(notes=(Note(pitch=60, duration=0.1),), length=0.2, sr=SR)


def digest(synth, values, performance):
    return hashlib.sha256(synth.render(values, performance).audio.tobytes()).hexdigest()


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_changes_the_sound_stays_finite_and_repeats(name):
    synth, count = EffectSynth(name), 2 if name == "pitch_shift" else 12
    corners = np.random.default_rng(1).integers(0, 2, (count, len(synth.space))).astype(float)
    values = np.concatenate([synth.space.sample(count, np.random.default_rng(0)), corners])
    performance = played(0.1 if name == "pitch_shift" else 0.25, channels=2)
    renders = synth.render(values, performance)
    assert renders.audio.shape == (2 * count, 2, performance.samples)
    assert np.isfinite(renders.audio).all()
    assert (renders.audio != performance.dry.audio).any(axis=(1, 2)).sum() >= 2
    again = synth.render(values[::-1], performance)
    assert np.array_equal(again.audio[::-1], renders.audio)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name != "pitch_shift"])
@pytest.mark.parametrize("sr", [8_000, 192_000])
def test_every_setting_is_finite_at_every_sample_rate(name, sr):
    synth = EffectSynth(name)
    corners = np.random.default_rng(2).integers(0, 2, (12, len(synth.space))).astype(float)
    noise = np.random.default_rng(3).uniform(-1, 1, (1, sr // 20)).astype(np.float32)
    performance = Performance(notes=(), length=0.05, sr=sr, dry=DrySound(noise))
    assert np.isfinite(synth.render(corners, performance).audio).all()


@pytest.mark.parametrize("name", [name for name in EFFECTS if name != "pitch_shift"])
def test_every_parameter_is_heard(name):
    synth, performance = EffectSynth(name), played(0.3)
    base = synth.space.sample(12, np.random.default_rng(4))
    before = synth.render(base, performance).audio
    for place, parameter in enumerate(synth.space.names):
        moved = base.copy()
        moved[:, place] = np.where(base[:, place] > 0.5, 0.0, 1.0)
        changed = synth.render(moved, performance).audio
        if parameter != "reverb_width":  # the same on both sides with a mono sound in some presets
            assert not np.array_equal(changed, before), parameter


def test_real_units_reach_pedalboard():
    synth = EffectSynth("distortion | delay | ladder")
    settings = {
        "distortion_drive": "12 dB",
        "delay_time": "100.03 ms",
        "delay_feedback": 0.5,
        "delay_mix": 0.25,
        "ladder_mode": "highpass24",
        "ladder_cutoff": "1 kHz",
        "ladder_resonance": 0.25,
        "ladder_drive": 1.0,
    }
    values = synth.space.values([settings])
    performance = played(channels=2)
    board = pedalboard.Pedalboard(
        [
            pedalboard.Distortion(12.0),
            pedalboard.Delay(0.10003, 0.5, 0.25),
            pedalboard.LadderFilter(pedalboard.LadderFilter.HPF24, 1000.0, 0.25, 1.0),
        ]
    )
    expected = board(performance.dry.audio, SR)
    assert np.allclose(synth.render(values, performance).audio[0], expected, atol=1e-5)


def test_the_bits_are_the_same_in_any_batch_thread_and_process():
    synth, performance = EffectSynth(TREE), played()
    values = synth.space.sample(12, np.random.default_rng(5))
    together = synth.render(values, performance).audio
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda row: synth.render(row[None], performance).audio, values))
    assert np.array_equal(np.concatenate(alone), together)
    code = (
        "from tests.synths.effects import test_effect_synth as t; import numpy as np;"
        "s = t.EffectSynth(t.TREE); v = s.space.sample(12, np.random.default_rng(5));"
        "print(t.digest(s, v, t.played()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == digest(synth, values, performance)


def test_a_switch_leaves_an_effect_out_and_keys_order_those_that_are_on():
    synth, performance = EffectSynth("{distortion, delay, reverb}"), played()
    base = {"distortion_key": 0.7, "delay_key": 0.2, "reverb_on": False, "distortion_drive": 30}
    values = synth.space.values([base, base | {"delay_key": 0.9}, base | {"reverb_key": 0.0}])
    assert [slot.name for slot in synth.active(values[0])] == ["delay", "distortion"]
    assert [slot.name for slot in synth.active(values[1])] == ["distortion", "delay"]
    audio = synth.render(values, performance).audio
    plain = EffectSynth("delay | distortion")
    expected = plain.render(plain.space.values([{"distortion_drive": 30}]), performance).audio[0]
    assert np.array_equal(audio[0], expected)
    assert not np.array_equal(audio[0], audio[1])
    assert np.array_equal(audio[0], audio[2])  # what is off does not count
    nothing = synth.space.values([dict.fromkeys(("distortion_on", "delay_on", "reverb_on"), False)])
    assert np.array_equal(synth.render(nothing, performance).audio[0], performance.dry.audio)


def test_bands_add_up_to_the_sound_and_branches_have_levels():
    performance = played(channels=2)
    bands = EffectSynth("(gain / gain / gain)")
    audio = bands.render(bands.space.values([{}]), performance).audio[0]
    assert np.allclose(audio, performance.dry.audio, atol=1e-6)
    crossed = {"bands_crossover1": 4000, "bands_crossover2": 200, "gain_level": -36}
    other = dict(crossed, bands_crossover1=200, bands_crossover2=4000)
    pair = bands.render(bands.space.values([crossed, other]), performance).audio
    assert np.array_equal(pair[0], pair[1])
    side = EffectSynth("(dry + gain)")
    half = {"parallel_level1": 0, "parallel_level2": 0, "gain_level": -6.0205999}
    audio = side.render(side.space.values([half]), performance).audio[0]
    assert np.allclose(audio, 1.5 * performance.dry.audio, atol=1e-5)


@pytest.mark.parametrize("chain", [TREE, "tremolo | (dry + reverb)"])
def test_the_program_plays_the_same_bits(chain, tmp_path):
    synth, performance = EffectSynth(chain), played(channels=2)
    values = synth.space.sample(1, np.random.default_rng(6))
    program, dry, wet = (tmp_path / name for name in ("best.py", "dry.wav", "wet.wav"))
    program.write_text(synth.script(values[0], SR, title="A test.", file="best.py"))
    soundfile.write(dry, performance.dry.audio.T, SR, subtype="FLOAT")
    subprocess.run([sys.executable, program, dry, wet], check=True)
    heard, sr = soundfile.read(wet, dtype="float32")
    assert sr == SR
    assert np.array_equal(heard.T, synth.render(values, performance).audio[0])


class Counting:
    """An instrument that counts its renders, and fails for low frequencies."""

    name, space, batch, suffix, version = "counting", Oscillators.space, 4, None, "v1"

    def __init__(self) -> None:
        self.rendered = 0
        self.inner = Oscillators()

    def render(self, values: Array, performance: Performance) -> Renderings:
        self.rendered += len(values)
        renders = self.inner.render(values, performance)
        status = np.where(values[:, 0] < 0.5, Status.crashed, renders.status).astype(np.int8)
        return Renderings(renders.audio, status, renders.seconds)

    def close(self) -> None:
        self.inner.close()


def test_the_instruments_render_is_kept_while_effects_change():
    instrument = Counting()
    synth = EffectSynth("chorus | reverb", instrument=instrument)
    values = synth.space.sample(6, np.random.default_rng(7))
    values[:, : len(instrument.space)] = values[0, : len(instrument.space)]
    values[:, 0] = 0.75
    first = synth.render(values[:1], NOTE)
    rest = synth.render(values[1:], NOTE)
    assert instrument.rendered == 1
    assert first.audio.shape == (1, 2, NOTE.samples)
    alone = EffectSynth("chorus | reverb", instrument=Counting()).render(values, NOTE)
    assert np.array_equal(alone.audio, np.concatenate([first.audio, rest.audio]))
    assert synth.version.startswith("v1, pedalboard")


def test_a_failed_render_of_the_instrument_stays_failed():
    synth = EffectSynth("reverb", instrument=Counting())
    values = synth.space.sample(3, np.random.default_rng(8))
    values[:, 0] = [0.9, 0.1, 0.9]
    assert synth.render(values, NOTE).status.tolist() == [0, Status.crashed, 0]


def test_a_dry_sound_is_for_effects_alone():
    alone, behind = EffectSynth("delay"), EffectSynth("delay", instrument=Subtractive())
    with pytest.raises(SynthError, match="--dry"):
        alone.render(alone.space.values([{}]), NOTE)
    with pytest.raises(SynthError, match="effects: delay"):
        behind.render(behind.space.values([{}]), played())
    with pytest.raises(SynthError, match="one of the two"):
        Performance(notes=NOTE.notes, length=1, dry=played().dry)
    with pytest.raises(SynthError, match="mono or stereo"):
        DrySound(np.zeros((3, 10)))


def test_a_preset_is_read_back_exactly_and_the_instruments_formats_are_written(tmp_path):
    synth = EffectSynth("chorus? | reverb", instrument=FM())
    values = synth.space.sample(1, np.random.default_rng(9))[0]
    preset = Preset("x", synth.name, values)
    write_preset(tmp_path / "x.json", preset, synth)
    assert np.array_equal(read_preset(tmp_path / "x.json", synth).values, values)
    write_preset(tmp_path / "x.syx", preset, synth)
    with FM() as fm:
        assert len(read_preset(tmp_path / "x.syx", fm).values) == len(fm.space)
    with pytest.raises(SynthError, match="not of effects: reverb"):
        read_preset(tmp_path / "x.json", EffectSynth("reverb"))


def test_all_effects_in_one_chain_play():
    synth = EffectSynth(EVERY)
    assert synth.render(synth.space.values([{}]), played()).status.tolist() == [Status.ok]


def test_a_spec_and_a_key_of_renders_tell_chains_and_dry_sounds_apart(tmp_path):
    synth = EffectSynth("{delay, reverb}")
    (tmp_path / "synth.yaml").write_text(spec_text(synth.space), encoding="utf-8")
    assert read_space(tmp_path / "synth.yaml") == synth.space
    keys = {
        shard_key(EffectSynth(chain), played(seconds), "mel_stats")
        for chain in ("delay", "reverb")
        for seconds in (0.2, 0.3)
    }
    assert len(keys) == 4


def test_a_lock_of_the_instrument_leaves_the_effects_free_unless_it_names_them():
    synth = EffectSynth("delay | reverb", instrument=Oscillators())
    name = synth.name
    plain = SynthConfig(name=name, free=["osc1_*"]).subspace(synth.space)
    assert {"osc1_frequency", "delay_time", "reverb_width"} <= set(plain.names)
    assert "osc2_frequency" not in plain.names
    named = SynthConfig(name=name, free=["osc1_*", "delay_mix"]).subspace(synth.space)
    assert [each for each in named.names if not each.startswith("osc1")] == ["delay_mix"]


def test_random_presets_have_few_effects_however_many_there_are():
    synth = EffectSynth(f"{{{', '.join(name for name in EFFECTS)}}}")
    values = synth.space.sample(200, np.random.default_rng(10))
    counts = [len(synth.active(row)) for row in values]
    assert 1 < np.mean(counts) < 2
    assert max(counts) > 2
