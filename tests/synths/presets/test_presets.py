import json

import numpy as np
import pytest

from patchwright.synths import Parameter, ParameterSpace, Preset, SynthError
from patchwright.synths.builtin import SYNTHS
from tests.synths.damage import check_reader, refusal


@pytest.mark.parametrize("synth", SYNTHS)
def test_a_preset_comes_back_with_the_same_bits(synth, tmp_path):
    space = SYNTHS[synth].space
    for number, values in enumerate(space.sample(50, np.random.default_rng(1))):
        Preset(f"p{number}", synth, values).write(tmp_path / "p.json", space)
        back = Preset.read(tmp_path / "p.json", synth, space)
        assert back.name == f"p{number}"
        assert np.array_equal(back.values, values)


def test_parameters_are_read_by_name_not_by_position(tmp_path):
    space = SYNTHS["subtractive"].space
    values = space.sample(1, np.random.default_rng(2))[0]
    path = tmp_path / "p.json"
    Preset("p", "subtractive", values).write(path, space)
    document = json.loads(path.read_text())
    document["parameters"] = dict(reversed(document["parameters"].items()))
    path.write_text(json.dumps(document))
    assert np.array_equal(Preset.read(path, "subtractive", space).values, values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read"),
        ("", "damaged"),
        ('{"synth": "subtractive", "parameters": {}}', "damaged"),
        ('{"name": 3, "synth": "subtractive", "parameters": {}}', "damaged"),
        ('{"name": "x", "synth": ["subtractive"], "parameters": {}}', "damaged"),
        ('{"name": "x", "synth": "subtrac', "damaged"),
        ("[1, 2]", "damaged"),
        ('{"name": "x", "synth": "subtractive", "parameters": 3}', "damaged"),
        ('{"name": "x", "synth": "moog", "parameters": {}}', "preset of 'moog'"),
        (
            '{"name": "x", "synth": "subtractive", "parameters": {"filter_cutof": 1}}',
            "did you mean 'filter_cutoff'?",
        ),
        (
            '{"name": "x", "synth": "subtractive", "parameters": {"osc_mix": 7}}',
            "the nearest is 1",
        ),
    ],
)
def test_a_damaged_preset_is_one_clear_sentence(text, sentence, tmp_path):
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SynthError) as error:
        Preset.read(path, "subtractive", SYNTHS["subtractive"].space)
    assert sentence in str(error.value)


def read(text, tmp_path):
    path = tmp_path / "Warm pad.json"
    path.write_text(text)
    space = SYNTHS["subtractive"].space
    return Preset.read(path, "subtractive", space), space


@pytest.mark.parametrize(
    "text",
    [
        '{"filter_cutoff": "1.2 kHz", "osc1_waveform": "saw", "osc_mix": {"normalised": 0.25}}',
        '\ufeff{"osc1_waveform": "saw", "filter_cutoff": 1200, "osc_mix": 0.25}',
        '{"parameters": {"osc1_waveform": "saw", "filter_cutoff": 1200, "osc_mix": 0.25},'
        ' "name": "Warm pad", "synth": "subtractive"}',
    ],
)
def test_a_plain_object_of_names_and_values_is_a_preset(text, tmp_path):
    preset, space = read(text, tmp_path)
    assert preset.name == "Warm pad"
    assert preset.synth == "subtractive"
    expected = {"filter_cutoff": 1200.0, "osc1_waveform": "saw", "osc_mix": 0.25}
    assert np.array_equal(preset.values, space.values([expected])[0])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"filter_cutof": 1}', "did you mean 'filter_cutoff'?"),
        ('{"name": "x", "osc_mix": 1}', "no parameter 'name'"),
        ('{"osc_mix": 7}', "the nearest is 1"),
        ('{"osc_mix": [1]}', "needs a number"),
        ('{"osc_mix": true}', "needs a number"),
        ('{"osc_mix": "' + "1" * 500_000 + ' x y"}', "needs a number"),
        ('{"osc1_waveform": ["saw"]}', "no choice"),
        ('{"osc_mix": {"normalised": [1]}}', "{normalised: 0.5}"),
        ('{"osc_mix": {"normalised": 2}}', "the nearest is 1"),
        ('{"osc_mix": 1, "osc_mix": 0}', "'osc_mix' twice"),
        ('{"osc_mix": NaN}', "NaN"),
        ('{"osc_mix": -Infinity}', "-Infinity"),
        ('{"osc_mix": 1e999}', "too large"),
        ('{"osc_mix": "1e999"}', "osc_mix cannot be 1e999"),
        (f'{{"osc_mix": 1{"0" * 400}}}', "more than 18 digits"),
        (f'{{"osc_mix": 1{"0" * 9000}}}', "more than 18 digits"),
        (f'{{"osc_mix": {"[" * 100_000}', "64 levels"),
        (f'{{"osc_mix": {"[" * 70}{"]" * 70}}}', "64 levels"),
        (r'{"\ud800": 1}', "half of a character"),
        (" " * (2**20 + 1), "larger than 1 MiB"),
    ],
)
def test_a_plain_object_that_does_not_fit_is_one_clear_sentence(text, sentence, tmp_path):
    assert sentence in refusal(read, text, tmp_path)


def test_a_parameter_may_have_one_value_under_whatever_name(tmp_path):
    cutoff = Parameter(name="cutoff", kind="continuous", default=0.0, aliases=("Cutoff",))
    path = tmp_path / "p.json"
    path.write_text('{"Cutoff": 0.5}')
    assert Preset.read(path, "x", ParameterSpace((cutoff,))).values == [0.5]
    path.write_text('{"Cutoff": 0.5, "cutoff": 0.5}')
    assert "are the same parameter" in refusal(Preset.read, path, "x", ParameterSpace((cutoff,)))


def test_damaged_files_are_refused_in_a_sentence(tmp_path):
    path, space = tmp_path / "p.json", SYNTHS["subtractive"].space

    def decode(data):
        path.write_bytes(data)
        return Preset.read(path, "subtractive", space)

    text = b'{"name": "x", "synth": "subtractive", "parameters": {"osc_mix": 0.5}}'
    assert check_reader(decode, text) > len(text)
    assert check_reader(decode, b'{"osc_mix": {"normalised": 1}, "osc1_waveform": "saw"}') > 50


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(b'{"osc_mix\xff": 1}')
    assert "damaged" in refusal(Preset.read, path, "subtractive", SYNTHS["subtractive"].space)
