import json

import numpy as np
import pytest

from synths import Preset, SynthError
from synths.builtin import SYNTHS


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
