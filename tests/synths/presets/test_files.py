"""Preset files of every format, with real synths and plugins."""

import json

import numpy as np
import pytest

from patchwright.synths import Note, Performance, Preset, SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import amsynth, dx7, fxp
from patchwright.synths.presets.files import read_preset, read_presets, write_preset
from tests.synths.amsynth_plugin import banks
from tests.synths.damage import refusal
from tests.synths.sample_plugins import healthy, plugin

SHORT = Performance(notes=(Note(pitch=57, duration=0.1),), length=0.2, sr=22_050)
TOLERANCES = {"amsynth": 1e-5, "vital": 1e-6, "fault": 1e-6, "fm": 0.0, "subtractive": 0.0}


@pytest.fixture(scope="module")
def synths(request):
    """Synths by name, each opened once."""
    opened = {}

    def synth(name):
        if name in SYNTHS:
            return SYNTHS[name]()
        if name not in opened:
            spec, _ = plugin(name, request.getfixturevalue("fault_synth"))
            opened[name] = RenderPool(spec, deadline=3)
        return opened[name]

    yield synth
    for one in opened.values():
        one.close()


def some(synth, seed=0):
    """Return a random preset that the synth's format can hold: a DX7 has whole numbers only."""
    if "crash" in synth.space.names:
        values = healthy(synth.space, 1, seed)
        values[0, synth.space.index("unused")] = 0
    else:
        values = synth.space.sample(1, np.random.default_rng(seed))
    if synth.name == "fm":
        _, whole = dx7.decode(dx7.encode([("x", synth.space.readable(values)[0])]))[0]
        values = synth.space.values([whole])
    return Preset("some", synth.name, values[0])


# Read and written


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("amsynth", "my sound.fxp"),
        ("amsynth", "my sound.bank"),
        ("amsynth", "my sound.json"),
        ("vital", "my sound.vital"),
        ("vital", "my sound.JSON"),
        ("fault", "my sound.vstpreset"),
        ("fm", "my sound.syx"),
        ("fm", "my sound.json"),
        ("subtractive", "my sound.json"),
    ],
)
def test_what_is_written_is_read(name, file, synths, tmp_path):
    synth = synths(name)
    path = tmp_path / file
    for seed in range(3):
        preset = some(synth, seed)
        write_preset(path, preset, synth)
        found = read_preset(path, synth)
        assert found.synth == synth.name
        exact = path.suffix.casefold() in (".json", ".bank")
        tolerance = 0.0 if exact else TOLERANCES[name]
        np.testing.assert_allclose(found.values, preset.values, rtol=0, atol=tolerance)
        assert found.name == (
            "my sound" if path.suffix[1:] in ("fxp", "vital", "vstpreset") else "some"
        )
        assert [p.name for p in read_presets(path, synth)] == [found.name]


@pytest.mark.parametrize("name", ["amsynth", "vital"])
def test_a_native_preset_sounds_like_the_one_that_was_written(name, synths, tmp_path):
    synth = synths(name)
    _, locks = plugin(name, None)
    subspace = synth.space.lock(locks.get("lock"), free=locks.get("free"))
    values = subspace.decode(subspace.sample(1, np.random.default_rng(4)))
    path = tmp_path / f"a{synth.suffix}"
    write_preset(path, Preset("a", synth.name, values[0]), synth)
    before = synth.render(values, SHORT).audio
    after = synth.render(read_preset(path, synth).values[np.newaxis], SHORT).audio
    assert np.abs(before).max() > 1e-3
    assert np.sqrt(((after - before) ** 2).mean()) < 0.02 * np.sqrt((before**2).mean())


# Banks


def test_the_banks_that_come_with_amsynth(synths):
    synth = synths("amsynth")
    for path in banks():
        presets = read_presets(path, synth)
        stored = amsynth.decode(path.read_bytes())
        assert [p.name for p in presets] == [name for name, _ in stored]
        assert presets
        for preset, (_, natives) in zip(presets, stored, strict=True):
            for parameter, value in amsynth.normalise(natives).items():
                assert preset.values[synth.space.index(parameter)] == pytest.approx(value, abs=1e-7)


def test_a_preset_of_a_bank_by_name_and_by_number(synths):
    synth, path = synths("amsynth"), banks()[0]
    presets = read_presets(path, synth)
    names = [preset.name for preset in presets]
    place = next(i for i, name in enumerate(names) if names.count(name) == 1)
    by_name = read_preset(path, synth, name=names[place])
    by_number = read_preset(path, synth, name=str(place + 1))
    assert np.array_equal(by_name.values, presets[place].values)
    assert np.array_equal(by_number.values, presets[place].values)
    assert by_name.name == by_number.name == names[place]


def test_a_bank_of_voices_for_the_fm_synth(synths, tmp_path):
    synth = synths("fm")
    voices = [
        (f"VOICE {i}", synth.space.readable(some(synth, i).values[None])[0]) for i in range(3)
    ]
    path = tmp_path / "bank.syx"
    path.write_bytes(dx7.encode(voices))
    presets = read_presets(path, synth)
    assert len(presets) == 32
    assert [p.name for p in presets[:4]] == ["VOICE 0", "VOICE 1", "VOICE 2", "INIT VOICE"]
    for seed in range(3):
        assert np.array_equal(presets[seed].values, some(synth, seed).values)
    assert read_preset(path, synth, name="2").name == "VOICE 1"
    audio = synth.render(np.stack([p.values for p in presets[:3]]), SHORT).audio
    assert np.isfinite(audio).all()


@pytest.mark.parametrize(
    ("name", "shown"), [("trumpet_c4_long", "trumpet_c4"), ("Töne", "T?ne"), ("", "")]
)
def test_a_dx7_shows_what_it_can_of_a_name(name, shown, synths, tmp_path):
    synth = synths("fm")
    preset = Preset(name, "fm", some(synth).values)
    write_preset(tmp_path / "a.syx", preset, synth)
    assert read_preset(tmp_path / "a.syx", synth).name == shown


def test_a_bank_asks_for_a_name_and_lists_some(synths):
    synth, path = synths("amsynth"), banks()[0]
    count = len(read_presets(path, synth))
    for name in (None, "no such sound", "0", "1000"):
        message = refusal(read_preset, path, synth, name=name)
        assert message.startswith(f"{path} has {count} presets")
        assert (f", and {name!r} is none of them" in message) == (name is not None)
        assert ": name one of 1: " in message
        assert ", 12: " in message
        assert message.endswith(" and so on.")
        assert "\n" not in message


def test_a_file_with_one_preset_has_no_other(synths, tmp_path):
    synth = synths("subtractive")
    write_preset(tmp_path / "a.json", some(synth), synth)
    assert read_preset(tmp_path / "a.json", synth, name="some").name == "some"
    assert "name one of 1: some" in refusal(read_preset, tmp_path / "a.json", synth, name="other")


def test_a_bank_with_nothing_in_it(synths, tmp_path):
    path = tmp_path / "a.bank"
    path.write_bytes(amsynth.encode([]))
    message = refusal(read_preset, path, synths("amsynth"))
    assert "has no preset in it" in message


# What is refused


@pytest.mark.parametrize("name", ["amsynth", "vital", "fault", "fm", "subtractive"])
def test_an_unknown_suffix(name, synths, tmp_path):
    synth = synths(name)
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    known = f"name a .json, a {synth.suffix}." if synth.suffix else "the only format."
    for message in (
        refusal(read_preset, path, synth),
        refusal(write_preset, path, some(synth), synth),
    ):
        assert message.endswith(known)
        assert "\n" not in message
    assert path.read_bytes() == b"RIFF"


@pytest.mark.parametrize("suffix", [".json", ".syx", ".fxp", ".bank", ".vital", ".vstpreset"])
def test_a_missing_file(suffix, synths, tmp_path):
    path = tmp_path / f"a{suffix}"
    message = refusal(read_preset, path, synths("subtractive"))
    assert f"{path} cannot be read" in message


def test_a_file_that_is_far_too_large(synths, tmp_path):
    path = tmp_path / "a.vital"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    assert "is larger than 64 MiB" in refusal(read_preset, path, synths("fm"))


@pytest.mark.parametrize("suffix", [".fxp", ".fxb", ".vstpreset", ".vital"])
def test_a_plugins_format_for_a_built_in_synth(suffix, synths, tmp_path):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"CcnK")
    message = refusal(read_preset, path, synths("subtractive"))
    assert "name the plugin" in message
    assert repr(suffix) in message


@pytest.mark.parametrize("name", ["subtractive", "vital"])
def test_a_bank_for_another_synth(name, synths):
    message = refusal(read_preset, banks()[0], synths(name), name="1")
    assert "amp_attack" in message or "There is no parameter" in message
    assert "\n" not in message


def test_a_dx7_voice_for_another_synth(synths, tmp_path):
    path = tmp_path / "a.syx"
    path.write_bytes(dx7.encode([("A", {})]))
    assert "There is no parameter" in refusal(read_preset, path, synths("subtractive"))


def test_a_json_preset_of_another_synth(synths, tmp_path):
    write_preset(tmp_path / "a.json", some(synths("fm")), synths("fm"))
    message = refusal(read_preset, tmp_path / "a.json", synths("subtractive"))
    assert "a preset of 'fm', not of subtractive" in message


def test_a_preset_of_another_vst2_plugin(synths, tmp_path):
    synth = synths("amsynth")
    path = tmp_path / "a.fxp"
    write_preset(path, some(synth), synth)
    own_id = fxp.decode(path.read_bytes()).plugin_id
    path.write_bytes(path.read_bytes().replace(own_id.encode(), b"Mogg", 1))
    message = refusal(read_preset, path, synth)
    assert f"'Mogg', not to {own_id!r}: choose another" in message


def test_a_preset_of_another_vst3_plugin(synths, tmp_path):
    synth = synths("fault")
    path = tmp_path / "a.vstpreset"
    write_preset(path, some(synth), synth)
    data = bytearray(path.read_bytes())
    data[8:40] = b"0123456789ABCDEF" * 2
    path.write_bytes(data)
    assert "rejects the preset" in refusal(read_preset, path, synth)


def damages(data, n=16):
    """Yield the file cut short, and with bytes changed."""
    rng = np.random.default_rng(1)
    for end in (0, 3, 20, *rng.integers(len(data), size=n // 2).tolist(), len(data) - 1):
        yield data[:end]
    for at in rng.integers(len(data), size=n).tolist():
        yield data[:at] + bytes([data[at] ^ int(rng.integers(1, 256))]) + data[at + 1 :]
    for at in rng.integers(min(len(data), 200), size=n).tolist():  # where the structure is
        yield data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("amsynth", ".fxp"),
        ("amsynth", ".bank"),
        ("vital", ".vital"),
        ("vital", ".json"),
        ("fault", ".vstpreset"),
        ("fm", ".syx"),
    ],
)
def test_a_damaged_file_is_read_or_refused_with_a_sentence(name, suffix, synths, tmp_path):
    synth = synths(name)
    path = tmp_path / f"a{suffix}"
    preset = some(synth, 1)
    write_preset(path, preset, synth)
    refusals = []
    for data in damages(path.read_bytes()):
        path.write_bytes(data)
        try:
            found = read_preset(path, synth)
        except SynthError as error:
            refusals.append(str(error))
        else:
            assert found.values.shape == (len(synth.space),)
            assert ((found.values >= 0) & (found.values <= 1)).all()
    assert len(refusals) > 5
    assert not [message for message in refusals if "\n" in message or len(message) < 20]
    write_preset(path, preset, synth)  # the plugin is as it was
    np.testing.assert_allclose(
        read_preset(path, synth).values, preset.values, rtol=0, atol=TOLERANCES[name]
    )


# Names, and versions


@pytest.mark.parametrize(
    ("name", "kept"),
    [("trumpet_c4", "trumpet_c4"), ("Töne", "T?ne"), ("x" * 40, "x" * 27), ("", "")],
)
def test_an_fxp_file_states_the_name_of_its_preset(name, kept, synths, tmp_path):
    synth, path = synths("amsynth"), tmp_path / "best.fxp"
    preset = Preset(name, "amsynth", some(synth).values)
    write_preset(path, preset, synth)
    assert path.read_bytes()[28:56] == kept.encode().ljust(28, b"\0")
    assert fxp.decode(path.read_bytes()).name == kept
    found = read_preset(path, synth).values
    np.testing.assert_allclose(found, preset.values, rtol=0, atol=TOLERANCES["amsynth"])


def test_a_vital_file_states_its_name_and_a_version_that_was_released(synths, tmp_path):
    synth, path = synths("vital"), tmp_path / "best.vital"
    write_preset(path, Preset("Töne", "vital", some(synth).values), synth)
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    assert document["preset_name"] == "Töne"
    versions = [
        document["synth_version"],
        *(t["version"] for t in document["settings"]["wavetables"]),
    ]
    assert versions == ["1.0.7"] * 4
    assert "99999" not in text


def test_the_version_changes_nothing_that_vital_plays(synths, tmp_path):
    synth, path = synths("vital"), tmp_path / "best.vital"
    preset = some(synth, 5)
    write_preset(path, preset, synth)
    own = path.read_text(encoding="utf-8").replace('"1.0.7"', '"99999.9.9"')
    (tmp_path / "own.vital").write_text(own, encoding="utf-8")
    before, after = (read_preset(tmp_path / f"{name}.vital", synth) for name in ("own", "best"))
    assert np.array_equal(before.values, after.values)
