"""Plugins as effects: real ones, through each host."""

import numpy as np
import pytest
import soundfile

from patchwright.synths import DrySound, Performance
from patchwright.synths.effects import EffectSynth
from patchwright.synths.effects.devices import Hosted
from patchwright.synths.effects.plugin import PluginFailure, Rack
from patchwright.synths.errors import SynthError
from patchwright.synths.plugins.address import installed, resolve
from patchwright.synths.plugins.hosts.table import HOSTS
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.qualify import qualify
from patchwright.synths.rendering import Status
from tests.needs import missing, need_package
from tests.sizes import long
from tests.synths.effects.sounds import SR, dry, played


@pytest.fixture(scope="module")
def delay():
    """Address of an LV2 effect."""
    need_package("minihost", "lv2")
    if "lv2:Delay" not in installed():
        missing("the LV2 plugins of mda are missing: install Debian's package mda-lv2")
    return "lv2:Delay"


@pytest.mark.parametrize("host", ["pedalboard", "dawdreamer"])
def test_a_host_plays_the_dry_sound_from_its_first_sample(host, test_effect):
    if not HOSTS[host].is_installed:
        missing(f"{host} is not installed")
    performance = played(0.3, channels=2)
    with RenderPool(resolve(str(test_effect), host=host, effect=True)) as pool:
        values = pool.space.values([{"gain": gain} for gain in (1.0, 2.0, 0.0, 1.0)])
        renders = pool.render(values, performance)
    # a VST3 plugin takes its gain in steps of a float's rounding
    for gain, audio in zip((1.0, 2.0, 0.0, 1.0), renders.audio, strict=True):
        assert np.allclose(audio, gain * performance.dry.audio, atol=1e-6)
    assert renders.status.tolist() == [Status.ok, Status.ok, Status.silent, Status.ok]


def test_a_plugin_is_a_part_of_a_chain(test_effect):
    chain = f'gain | vst3:"{test_effect}"? | (dry + reverb)'
    performance = played(0.3, channels=2)
    with EffectSynth(chain) as synth, EffectSynth("gain | (dry + reverb)") as without:
        assert [*synth.space.names][:4] == ["gain_level", "testeffect_on", *_of_the_plugin()]
        preset = {"gain_level": -6, "testeffect_gain": 1.0}
        values = synth.space.values([preset, preset | {"testeffect_on": False}])
        renders = synth.render(values, performance).audio
        plain = without.render(without.space.values([{"gain_level": -6}]), performance).audio[0]
    assert np.allclose(renders[0], plain, atol=1e-6)
    assert np.allclose(renders[1], plain, atol=1e-6)
    assert str(synth.chain) == chain


def _of_the_plugin():
    return ("testeffect_unused", "testeffect_gain")


def test_lv2_effects_repeat_in_any_order_behind_an_instrument_too(delay):
    performance = Performance(notes=(), length=0.5, sr=SR, dry=dry(0.2, 2))
    with EffectSynth(f"{delay} | distortion") as synth:
        values = synth.space.sample(4, np.random.default_rng(0))
        first = synth.render(values, performance)
        again = synth.render(values[::-1], performance)
        alone = synth.render(synth.space.values([{"delay_fx_mix": 0.0}]), performance)
    assert np.array_equal(first.audio, again.audio[::-1])
    assert (first.status == Status.ok).all()
    assert not np.array_equal(first.audio[0], first.audio[1])
    assert alone.status.tolist() == [Status.ok]


@long
def test_qualification_tries_an_effect_with_sound(delay):
    verdict, _ = qualify(resolve(delay, effect=True), {}, presets=4)
    assert verdict.chosen is Policy.fork


def test_an_instrument_is_no_effect_and_an_effect_no_instrument(delay, test_effect):
    with pytest.raises(SynthError, match="takes no sound"):
        EffectSynth("lv2:JX10")
    with pytest.raises(SynthError, match="effects: "):
        RenderPool(resolve(delay))


def test_what_an_earlier_effect_spoilt_is_a_status_and_no_error():
    spoilt = np.full((2, 100), np.inf, np.float32)
    with pytest.raises(PluginFailure) as failure:
        Rack(workers=1).play(Hosted("lv2:Delay", (0.5,)), spoilt, SR)
    assert failure.value.status is Status.non_finite


@pytest.mark.parametrize("chain", ["lv2:NoSuchEffect", 'reverb | vst3:"/no/such.vst3"'])
def test_a_plugin_that_is_missing_is_named(chain):
    with pytest.raises(SynthError, match="There is no"):
        EffectSynth(chain)


def test_a_file_is_convolved_with_and_its_bits_are_in_the_version(tmp_path):
    path = tmp_path / "Two Clicks.wav"
    clicks = np.zeros(SR // 4)
    clicks[[0, 100]] = 0.5, 0.25
    soundfile.write(path, clicks, SR)
    performance = played(0.3, channels=2)
    chain = f'gain | convolution:"{path}"'
    synth = EffectSynth(chain)
    values = synth.space.values([{"two_clicks_mix": 1.0}])
    audio = synth.render(values, performance).audio[0]
    direct = performance.dry.played(performance.samples)
    later = np.pad(direct, ((0, 0), (100, 0)))[:, : direct.shape[1]]
    assert np.allclose(audio, (2 * direct + later) / np.sqrt(5), atol=1e-4)
    before = synth.version
    soundfile.write(path, clicks[::-1], SR)
    assert EffectSynth(chain).version != before
    assert str(synth.chain) == chain


@pytest.mark.parametrize("content", [None, b"no sound", "silence", "three channels"])
def test_a_file_that_is_no_response_is_refused(content, tmp_path):
    path = tmp_path / "response.wav"
    if content == "silence":
        soundfile.write(path, np.zeros(100), SR)
    elif content == "three channels":
        soundfile.write(path, np.ones((100, 3)), SR)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(SynthError, match="name a"):
        EffectSynth(f'convolution:"{path}"')


def test_tremolo_starts_at_full_level_and_is_quiet_after_half_a_period():
    ones = DrySound(np.full((1, SR), 0.5))
    synth = EffectSynth("tremolo")
    values = synth.space.values([{"tremolo_rate": 2, "tremolo_depth": 0.8}])
    audio = synth.render(values, Performance(notes=(), length=1.0, sr=SR, dry=ones)).audio[0]
    assert audio[0, 0] == 0.5
    assert audio[0, SR // 4] == pytest.approx(0.1, abs=1e-3)
    assert audio[1, SR // 2] == pytest.approx(0.5, abs=1e-3)
