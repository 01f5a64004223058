"""Sessions that Ardour makes, by its Lua shell and its backend without a sound card."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets.files import read_preset
from tests.sizes import long
from tests.synths.sample_plugins import NOTE, need_amsynth

SCRIPT = """
session = create_session("{folder}", "song", 44100)
function track(name, plugin, kind, values)
  local info = ARDOUR.LuaAPI.new_plugin_info(plugin, kind)
  assert(not info:isnil(), plugin)
  local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
  local audio = ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2)
  local last, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
  local made = session:new_midi_track(midi, audio, false, info, nil, nil, 1, name, last, mode, true)
  local instrument = made:front():the_instrument()
  for place, value in ipairs(values) do
    assert(ARDOUR.LuaAPI.set_processor_param(instrument, place - 1, value))
  end
end
track("Keys", "http://drobilla.net/plugins/mda/JX10", ARDOUR.PluginType.LV2, {{ {jx10} }})
track("Bass", "{amsynth}", ARDOUR.PluginType.LXVST, {{ {values} }})
session:save_state("", false, false, false, false, false)
close_session()
"""
PLUGIN = "/usr/lib/vst/amsynth_vst.so"
SCANNER = Path("/usr/lib/ardour7/ardour-vst-scanner")
# in the order of its ports, which is not that of the host's parameters
PORTS = [
    *("osc_mix", "osc_tune", "osc_fine", "glide", "gld_rate", "gld_bend"),
    *("vcf_freq", "vcf_reso", "vcf_env", "vcf_lfo", "vcf_vel"),
    *("vcf_att", "vcf_dec", "vcf_sus", "vcf_rel", "env_att", "env_dec", "env_sus", "env_rel"),
    *("lfo_rate", "vibrato", "noise", "octave", "tuning"),
]
JX10 = "/usr/lib/lv2/mda.lv2"


@long
def test_what_ardour_saves_is_read_and_sounds_the_same(tmp_path):
    need_amsynth()
    if shutil.which("ardour7-lua") is None or not SCANNER.exists() or not Path(JX10).exists():
        pytest.skip("Ardour 7 or JX10 is missing: apt install ardour mda-lv2")
    rng = np.random.default_rng(0)
    with (
        RenderPool(resolve("lv2:JX10")) as jx10,
        RenderPool(resolve("vst2:amsynth_vst")) as amsynth,
    ):
        expected = {pool: pool.space.sample(1, rng)[0] for pool in (jx10, amsynth)}
        folder = make_session(
            tmp_path,
            expected[jx10][[jx10.space.index(port) for port in PORTS]],
            expected[amsynth],
        )
        for pool, values in expected.items():
            found = read_preset(folder / "song.ardour", pool).values
            np.testing.assert_allclose(found, values, atol=1e-5)
            heard = pool.render(np.stack([found, values]), NOTE).audio
            assert np.abs(heard[1]).max() > 1e-3
            np.testing.assert_allclose(heard[0], heard[1], atol=1e-3)


def make_session(tmp_path, jx10, amsynth):
    """Have Ardour make a session of two tracks, and return its folder."""
    home, folder, script = tmp_path / "home", tmp_path / "song", tmp_path / "make.lua"
    home.mkdir()
    script.write_text(
        SCRIPT.format(
            folder=folder,
            amsynth=int.from_bytes(b"amsy", "big"),
            jx10=", ".join(map(repr, jx10.tolist())),
            values=", ".join(map(repr, amsynth.tolist())),
        )
    )
    env = {**os.environ, "HOME": str(home), "LD_LIBRARY_PATH": str(SCANNER.parent)}
    for command in ([str(SCANNER), PLUGIN], ["ardour7-lua", str(script)]):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder
