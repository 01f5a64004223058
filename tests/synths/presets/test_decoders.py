"""Every reader of bytes from outside, on files that were cut, changed and put together wrongly."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.synths import SynthError
from patchwright.synths.performance.midi.track import DamageError, read_track
from patchwright.synths.presets import (
    amsynth,
    ardour,
    carla,
    dx7,
    fxp,
    reaper,
    vital,
    vstpreset,
)
from tests.sizes import size
from tests.synths.presets import projects

STATE = amsynth.encode_state("x", {"amp_attack": 0.5})
PROGRAM = fxp.Program(plugin_id="amsy", parameters=(0.1, 0.9))
TRACK = bytes.fromhex("00 90 3c 64 60 3c 00 00 ff 51 03 07 a1 20 00 f0 02 43 f7 00 ff 2f 00")
READERS = {
    "bank": (amsynth.decode_settings, amsynth.encode([("x", {"amp_attack": 0.5})] * 3)),
    "state": (amsynth.check_state, STATE),
    "voice": (dx7.decode, dx7.encode([("x", {})])),
    "voices": (dx7.doubts, dx7.encode([("x", {})] * 2)),
    "program": (fxp.decode, fxp.encode(PROGRAM)),
    "chunk": (fxp.decode, fxp.encode(fxp.Program(plugin_id="amsy", chunk=STATE))),
    "programs": (fxp.decode, fxp.encode(fxp.Bank(plugin_id="amsy", programs=(PROGRAM,) * 3))),
    "vital": (vital.decode, b'{"preset_name":"x","settings":{"volume":1.5,"lfos":[{"a":1}]}}'),
    "vstpreset": (
        vstpreset.decode,
        vstpreset.encode(vstpreset.VST3Preset(class_id="0" * 32, component=b"x" * 20, info=b"y")),
    ),
    "ardour": (
        ardour.decode,
        projects.ardour(projects.ardour_lv2({"a": 0.5}), projects.ardour_vst2(STATE)),
    ),
    "carla": (
        carla.decode,
        projects.carla(
            projects.carla_plugin("VST2", "<UniqueID>1</UniqueID>", chunk=STATE),
            projects.carla_plugin("LV2", "<URI>urn:a</URI>", parameters={"a": 0.5}),
        ),
    ),
    "reaper": (
        reaper.decode,
        projects.reaper(projects.reaper_vst2(STATE), projects.reaper_vst3(b"abc", b"d")),
    ),
    "track": (lambda data: read_track(data, 0, len(data), 1), TRACK),
}


@st.composite
def spoilt(draw, data):
    """Return the file with up to four parts cut, repeated, changed or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 64)))
        part = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b"", b"\xff" * 8, b"\x80" * 8, b"\0" * 64, b"[" * 200, b"9" * 400]
                ),
                st.sampled_from([2, 20, 300]).map(data[begin:end].__mul__),
            )
        )
        data = data[:begin] + part + data[end:]
    return data


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=size(1000, 100), deadline=None)
@given(data=st.data())
def test_spoilt_bytes_are_read_or_refused_in_a_sentence(name, data):
    read, sample = READERS[name]
    given_bytes = data.draw(spoilt(sample))
    tracemalloc.start()
    refused = None
    try:
        read(given_bytes)
    except (SynthError, DamageError) as error:
        refused = error
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2**20 + 400 * len(given_bytes)
    assert "\n" not in str(refused)
    assert len(str(refused)) < 1000
    if isinstance(refused, DamageError):
        assert 0 <= refused.at <= len(given_bytes)
