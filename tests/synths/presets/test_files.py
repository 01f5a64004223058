"""Preset files of every format, with real synths and plugins."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patchwright.synths import Note, Performance, Preset, SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.hosts.host import check_taken
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import amsynth, dx7, fxp, vstpreset
from patchwright.synths.presets.files import check_preset, read_preset, read_presets, write_preset
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
                value = synth.space[parameter].normalise({"normalised": value})
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


# One value, whatever the file


FRACTIONS = {
    "osc1_waveform": 4, "osc2_waveform": 4, "lfo_waveform": 6, "osc2_range": 7, "osc2_sync": 1,
    "keyboard_mode": 2, "osc2_pitch": 24, "filter_type": 4, "filter_slope": 1, "freq_mod_osc": 2,
    "portamento_mode": 1,
}  # fmt: skip


def test_every_discrete_parameter_of_amsynth_is_known(synths):
    space = synths("amsynth").space
    discrete = {p.name: p.steps for p in space.parameters if p.levels}
    assert discrete == FRACTIONS
    assert [p.name for p in space.parameters if p.truncates] == ["portamento_mode"]


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.5, 0.98, 1.0])
def test_a_fraction_is_the_same_level_from_every_kind_of_file(fraction, synths, tmp_path):
    synth = synths("amsynth")
    names = synth.space.names
    row = {name: amsynth.normalise({name: r.default})[name] for name, r in amsynth.RANGES.items()}
    row |= {name: fraction / steps for name, steps in FRACTIONS.items()}
    natives = {
        name: amsynth.RANGES[name].low
        + (amsynth.RANGES[name].high - amsynth.RANGES[name].low) * row[name]
        for name in names
    }
    chunk = amsynth.encode_state("x", natives)
    direct = {name: {"normalised": row[name]} for name in names}
    files = {
        "a.bank": amsynth.encode([("x", natives)]),
        "chunk.fxp": fxp.encode(fxp.Program(plugin_id="amsy", chunk=chunk)),
        "a.fxb": fxp.encode(fxp.Bank(plugin_id="amsy", chunk=chunk)),
        "floats.fxp": fxp.encode(
            fxp.Program(plugin_id="amsy", parameters=tuple(row[name] for name in names))
        ),
        "a.json": json.dumps(direct).encode(),
    }
    for file, data in files.items():
        (tmp_path / file).write_bytes(data)
        found = read_preset(tmp_path / file, synth).values
        for name, steps in FRACTIONS.items():
            rises = fraction == 1 or (fraction >= 0.5 and name != "portamento_mode")
            assert found[synth.space.index(name)] == rises / steps, (file, name)
    snapped = synth.space.snap(np.array([[row[name] for name in names]]))[0]
    np.testing.assert_allclose(snapped, found, rtol=0, atol=1e-6)


def test_what_is_rendered_is_what_the_plugin_alone_plays(synths, tmp_path):
    """A glide of 0.98 is played by the plugin as 0."""
    synth = synths("amsynth")
    glide = {"portamento_time": 0.5, "osc1_waveform": 0.0, "amp_sustain": 1.0}
    glide = amsynth.normalise(glide) | {"portamento_mode": 0.98}
    row = [
        glide.get(name, amsynth.normalise({name: span.default})[name])
        for name, span in amsynth.RANGES.items()
    ]
    path = tmp_path / "a.fxp"
    path.write_bytes(fxp.encode(fxp.Program(plugin_id="amsy", parameters=tuple(row))))
    values = read_preset(path, synth).values
    notes = Performance(
        notes=(Note(pitch=45, duration=0.1), Note(pitch=69, onset=0.15, duration=0.1)),
        length=0.3,
        sr=22_050,
    )
    always, legato = (
        synth.render(np.where(np.arange(41) == 40, mode, values)[np.newaxis], notes).audio
        for mode in (0.0, 1.0)
    )
    assert np.array_equal(synth.render(values[np.newaxis], notes).audio, always)
    with synth_alone(path) as alone:
        assert np.array_equal(alone.render(values[np.newaxis], notes).audio, always)
    assert not np.array_equal(always, legato)


def synth_alone(path):
    """Return amsynth without its spec, whose values reach the plugin as they are."""
    spec, _ = plugin("amsynth", None)
    return RenderPool(replace(spec, parameters={}).with_state(path.read_bytes()), deadline=3)


# What a plugin would ignore


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        (fxp.Program(plugin_id="amsy", chunk=b"garbage" * 50), "not a state of amsynth"),
        (fxp.Bank(plugin_id="amsy", chunk=bytes(500)), "not a state of amsynth"),
        (
            fxp.Program(plugin_id="amsy", chunk=amsynth.encode_state("x", {}).replace(b".", b",")),
            "amSynth1.0preset",
        ),
        (
            fxp.Program(
                plugin_id="amsy",
                chunk=amsynth.encode_state("x", {"amp_attack": 0.0856}).replace(b"0.08", b"0,08"),
            ),
            "decimals with a point",
        ),
        (fxp.Program(plugin_id="amsy", parameters=(0.5,) * 42), "42 parameters and the plugin 41"),
        (fxp.Program(plugin_id="amsy", parameters=(0.5, 1.5)), "Parameter 2 .* 1.5"),
        (fxp.Program(plugin_id="amsy", parameters=(-0.1,)), "Parameter 1 .* -0.1"),
    ],
)
def test_a_preset_that_amsynth_would_ignore_is_refused(preset, sentence, synths, tmp_path):
    path = tmp_path / "a.fxp"
    path.write_bytes(fxp.encode(preset))
    with pytest.raises(SynthError, match=sentence):
        read_preset(path, synths("amsynth"))


def test_a_state_that_leaves_a_plugin_as_it_was_is_refused():
    with pytest.raises(SynthError, match="took nothing from the preset"):
        check_taken(b"garbage", b"state", b"state")
    for chunk, before, after in (
        (b"garbage", b"state", b"other"),
        (b"state\0", b"head state", b"head state"),
        (b"garbage", None, None),
    ):
        check_taken(chunk, before, after)


def test_a_vst3_preset_with_garbage_inside_is_refused(synths, tmp_path):
    synth, path = synths("fault"), tmp_path / "a.vstpreset"
    write_preset(path, some(synth), synth)
    whole = vstpreset.decode(path.read_bytes())
    path.write_bytes(vstpreset.encode(replace(whole, component=b"garbage" * 9)))
    assert "The plugin" in refusal(read_preset, path, synth)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
@pytest.mark.parametrize("suffix", [".json", ".vital", ".fxp", ".syx"])
def test_a_device_is_no_preset(suffix, synths, tmp_path):
    path = tmp_path / f"a{suffix}"
    path.symlink_to("/dev/zero")
    assert f"{path} is a device" in refusal(read_preset, path, synths("fm"))


def test_a_doubtful_file_is_read_with_one_warning_and_a_damaged_one_is_named(
    synths, tmp_path, caplog
):
    synth, path = synths("fm"), tmp_path / "old.syx"
    whole = dx7.encode([("A", {}), ("B", {})])
    path.write_bytes(whole[6:-2])
    assert [read_presets(path, synth)[1].name for _ in range(2)] == ["B", "B"]
    [message] = caplog.messages
    assert message.startswith(f"{path}: it is a bank without a head")
    path.write_bytes(whole[:-9])
    for read in (lambda: read_presets(path, synth), lambda: check_preset(path, "A")):
        assert refusal(read).startswith(f"{path}: The message at byte 0 is cut short")


@pytest.mark.parametrize(
    ("name", "file", "data"),
    [
        ("amsynth", "a.fxp", fxp.encode(fxp.Program(plugin_id="amsy", chunk=b"garbage"))),
        ("vital", "a.vital", b"{}"),
    ],
)
def test_a_state_that_is_refused_when_a_plugin_starts_is_named(name, file, data, tmp_path):
    path = tmp_path / file
    path.write_bytes(data)
    spec, _ = plugin(name, None)
    source = resolve(spec.name, state=path).source
    with pytest.raises(SynthError, match=rf"{file}: .* of {name.title()}|{file}: .* of {name}"):
        RenderPool(replace(spec, source=source), deadline=3)
