import copy
import json
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths.presets import vital
from tests.needs import need_package
from tests.synths.damage import check_reader, refusal

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SMALL = {
    "preset_name": "Small",
    "author": "N. N.",
    "settings": {
        "osc_1_level": 0.7,
        "polyphony": 8,
        "modulations": [{"source": "lfo_1", "destination": "filter_1_cutoff"}],
        "wavetables": [],
    },
}


def encoded(document) -> bytes:
    return json.dumps(document).encode()


def changed(**settings) -> bytes:
    return encoded({**SMALL, "settings": {**SMALL["settings"], **settings}})


@pytest.fixture(scope="module")
def initial():
    need_package("vita", "vital")
    script = "import vita; print(vita.Synth().to_json())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=120, check=True
    )
    return done.stdout[done.stdout.index(b"{") :]


def test_a_small_preset_is_read():
    preset = vital.decode(encoded(SMALL))
    assert preset.name == "Small"
    assert preset.settings == {"osc_1_level": 0.7, "polyphony": 8.0}
    assert preset.extras == ("modulation lfo_1 to filter_1_cutoff",)
    assert preset.document == SMALL


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.sampled_from(["osc_1_level", "polyphony", "volume"]), NUMBERS),
)
def test_new_settings_come_back_and_everything_else_is_kept(name, settings):
    before = copy.deepcopy(SMALL)
    preset = vital.decode(vital.encode(SMALL, name=name, settings=settings))
    assert before == SMALL
    assert preset.name == name
    assert preset.settings == {"osc_1_level": 0.7, "polyphony": 8.0} | settings
    expected = {**SMALL["settings"], **settings}
    assert preset.document == {**SMALL, "preset_name": name, "settings": expected}


def test_the_initial_preset_of_vital_has_no_extras(initial):
    preset = vital.decode(initial)
    assert preset.extras == ()
    assert len(preset.settings) > 700
    again = vital.decode(vital.encode(preset.document, name="", settings=preset.settings))
    assert again == preset


def test_extras_are_told_in_words(initial):
    document = vital.decode(initial).document
    settings = document["settings"]
    settings["wavetables"][1]["groups"][0]["components"][0]["keyframes"][0]["wave_data"] = "AAAA"
    settings["wavetables"][1]["name"] = "Brass"
    settings["wavetables"][2] = {"name": "Odd", "groups": [3]}
    settings["lfos"][2]["points"] = [0.0, 0.0, 1.0, 1.0]
    settings["sample"]["name"] = "Kick"
    settings["modulations"][7] = {"source": "env_2", "destination": "osc_1_level"}
    settings["remaps"] = [1]
    document["tuning"] = {"name": "Just"}
    assert vital.decode(encoded(document)).extras == (
        "tuning 'Just'",
        "modulation env_2 to osc_1_level",
        "wavetable 2 'Brass'",
        "wavetable 3 'Odd'",
        "LFO 3 'Triangle'",
        "sample 'Kick'",
        "remaps",
    )


def test_vital_reads_what_is_written(initial, tmp_path):
    document = vital.decode(initial).document
    path = tmp_path / "p.vital"
    path.write_bytes(vital.encode(document, name="Probe", settings={"osc_1_level": 0.25}))
    script = """if True:
        import sys, vita
        synth = vita.Synth()
        assert synth.load_preset(sys.argv[1])
        print(synth.to_json())
    """
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, timeout=120, check=True
    )
    preset = vital.decode(done.stdout[done.stdout.index(b"{") :])
    assert preset.settings["osc_1_level"] == 0.25
    assert preset.extras == ()


def test_damaged_files_are_refused_in_a_sentence():
    data = encoded(SMALL)
    assert check_reader(vital.decode, data) > len(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[]", "not a preset of Vital"),
        (b"{}", "not a preset of Vital"),
        (b'{"settings": [1]}', "not a preset of Vital"),
        (b'{"settings": {}, "preset_name": 3}', "not text"),
        (b'{"settings": {"volume": NaN}}', "NaN"),
        (b'{"settings": {"volume": -Infinity}}', "-Infinity"),
        (b'{"settings": {"volume": 1e999}}', "too large"),
        (b'{"settings": {"volume": 1' + b"0" * 5000 + b"}}", "more than 18 digits"),
        (b'{"settings": {"volume": 1, "volume": 2}}', "'volume' twice"),
        (b'{"settings": {"volume": "\\ud800"}}', "half of a character"),
        (changed(volume=True), "True for 'volume'"),
        (changed(volume=None), "None for 'volume'"),
        (changed(volume="1"), "'1' for 'volume'"),
        (changed(modulations={}), "The modulations"),
        (changed(lfos=[1]), "The lfos"),
        (changed(wavetables=3), "The wavetables"),
        (changed(sample=[3]), "The sample"),
        (b'{"settings": {"x": ' + b"[" * 100 + b"]" * 100 + b"}}", "64 levels"),
        (b'{"settings": {"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "64 levels"),
        (b'{"settings": ' * 100_000, "64 levels"),
    ],
)
def test_what_is_no_preset_is_told_by_name(data, sentence):
    assert sentence in refusal(vital.decode, data)


@pytest.mark.parametrize("item", [b"1,", b"[],", b"{},", b"[" * 60 + b"]" * 60 + b","])
def test_a_file_of_millions_of_values_is_refused_before_it_is_parsed(item):
    data = b'{"settings":{"x":[' + item * (2**23 // len(item)) + b"1]}}"
    tracemalloc.start()
    try:
        assert "500,000 values" in refusal(vital.decode, data)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_files_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(vital, "MAX_BYTES", 20)
    assert "20 at most" in refusal(vital.decode, encoded(SMALL))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"volume": float("nan")}, "cannot be nan"),
        ({"volume": float("-inf")}, "cannot be -inf"),
        ({"modulations": 1.0}, "not a control"),
    ],
)
def test_what_vital_could_not_read_is_not_written(settings, sentence):
    assert sentence in refusal(vital.encode, SMALL, name="x", settings=settings)
