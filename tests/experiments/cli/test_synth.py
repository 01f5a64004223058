"""The commands that look at synths, play them, and find out what they can be trusted with."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from patchwright.synths import Performance, Preset, parse_notes, read_midi, write_midi
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters.locks import shipped_locks
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets.files import read_presets, write_preset
from tests.sizes import long
from tests.synths.amsynth_plugin import banks
from tests.synths.sample_plugins import FAULTS, healthy, need_amsynth, need_package

SR = 22_050
QUICK = ("--sr", str(SR), "--tail", "0.1")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Verdicts of earlier runs on plugins do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def amsynth():
    need_amsynth()
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        yield pool


@pytest.fixture(scope="module")
def fault(fault_synth):
    with RenderPool(resolve(str(fault_synth))) as pool:
        yield pool


def played(notes, tail=0.1, **more):
    return Performance.of(parse_notes(notes), tail=tail, sr=SR, **more)


def heard(path):
    """Audio `[c, t]` of a WAV file at the usual rate."""
    audio, sr = soundfile.read(path, dtype="float32", always_2d=True)
    assert sr == SR
    return audio.T


# synths and synth show


def test_synths_plugins_and_lock_files_are_listed(patchwright):
    need_amsynth()
    code, said, _ = patchwright("synths")
    assert code == 0
    for name, cls in SYNTHS.items():
        assert f"{name}: {len(cls.space)} parameters. " in said
    assert "\nvital: " in said
    assert said.count("vst2:amsynth_vst: a plugin.") == 1
    listed = " ".join(said.rpartition("Lock files: ")[2].partition("Priors: ")[0].split())
    assert listed.split(", ") == shipped_locks()


@pytest.mark.parametrize("name", ["subtractive", "fm", "vst2:amsynth_vst"])
def test_a_synth_is_shown_with_all_its_parameters(name, patchwright, request):
    opened = SYNTHS[name]() if name in SYNTHS else request.getfixturevalue("amsynth")
    code, said, _ = patchwright("synth", "show", name)
    assert code == 0
    for parameter in opened.space.parameters:
        assert re.search(rf"│ {parameter.name} +│ {parameter.kind} +│", said), parameter.name


def test_a_spec_fed_back_gives_the_same_table(patchwright, tmp_path):
    need_amsynth()
    name = "vst2:amsynth_vst"
    code, spec, _ = patchwright("synth", "show", name, "--spec")
    assert code == 0
    (tmp_path / "spec.yaml").write_text(spec)
    code, again, _ = patchwright("synth", "show", name, "--spec", "--with", "spec.yaml")
    assert (code, again) == (0, spec)
    _, table, _ = patchwright("synth", "show", name)
    code, refined, _ = patchwright("synth", "show", name, "--with", "spec.yaml")
    assert (code, refined) == (0, table)
    content = yaml.safe_load(spec)
    first = next(iter(content["parameters"]))
    content["parameters"][first]["about"] = "told by me"
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    _, changed, _ = patchwright("synth", "show", name, "--with", "spec.yaml")
    assert "told by me" in changed
    assert "told by me" not in table


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["moog"], "There is no synth 'moog': the choices are subtractive"),
        (["vst2:amsynth_vts"], "did you mean 'amsynth_vst'?"),
        (["/nowhere/synth.vst3"], "There is no plugin /nowhere/synth.vst3: check the path."),
        (["subtractive", "--host", "pedalboard"], "'subtractive' is not a plugin: "),
        (["vital", "--host", "vitta"], "There is no plugin host 'vitta': did you mean 'vita'?"),
        (["vital", "--with", "none.yaml"], "none.yaml cannot be read"),
        (["fm", "--with", "none.yaml"], "fm is a built-in synth and has no spec: leave it out."),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(arguments, sentence, complaint):
    need_amsynth()
    assert sentence in complaint("synth", "show", *arguments)


def test_an_effect_is_shown_as_one_and_not_played(test_effect, patchwright, complaint):
    need_package("dawdreamer", "dawdreamer")
    effect = [test_effect, "--host", "dawdreamer"]
    code, said, errors = patchwright("synth", "show", *effect)
    assert code == 0
    assert "┃ parameter" in said
    assert "is an effect, not an instrument" in errors
    Path("preset.json").write_text("{}")
    assert "is an effect" in complaint("synth", "render", *effect, "preset.json", "-o", "a.wav")
    assert not Path("a.wav").exists()


# synth render


@pytest.mark.parametrize("suffix", [".json", ".fxp", ".bank"])
def test_a_preset_file_is_rendered(suffix, amsynth, patchwright, tmp_path):
    values = amsynth.space.sample(1, np.random.default_rng(3))[0]
    path = tmp_path / f"a{suffix}"
    write_preset(path, Preset("a", amsynth.name, values), amsynth)
    code, said, _ = patchwright(
        "synth", "render", amsynth.name, path, "-o", "a.wav", "--notes", "C4+E4:0.2", *QUICK
    )
    assert (code, said) == (0, "a.wav: 0.3 s\n")
    found = read_presets(path, amsynth)[0].values[np.newaxis]
    expected = amsynth.render(found, played("C4+E4:0.2")).audio[0]
    audio = heard("a.wav")
    assert audio.shape == (2, round(0.3 * SR))
    if suffix == ".fxp":  # all starts from it: the plugin was somewhere else before
        assert np.sqrt(((audio - expected) ** 2).mean() / (expected**2).mean()) < 0.02
    else:
        assert np.array_equal(audio, expected)


def test_a_plugins_own_file_counts_more_than_the_defaults_of_a_spec(
    fault, fault_synth, patchwright, tmp_path
):
    values = healthy(fault.space, 1, seed=2)
    write_preset(tmp_path / "a.vstpreset", Preset("a", fault.name, values[0]), fault)
    _, spec, _ = patchwright("synth", "show", fault_synth, "--spec")
    (tmp_path / "spec.yaml").write_text(spec)
    command = ("synth", "render", fault_synth, "a.vstpreset", "--notes", "C4:0.2", *QUICK)
    assert patchwright(*command, "-o", "a.wav")[0] == 0
    assert patchwright(*command, "-o", "b.wav", "--spec", "spec.yaml")[0] == 0
    assert np.array_equal(heard("a.wav"), heard("b.wav"))
    assert np.array_equal(heard("a.wav"), fault.render(values, played("C4:0.2")).audio[0])


def test_a_preset_of_a_bank_by_name_and_number(amsynth, patchwright, tmp_path):
    bank = banks()[0]
    presets = read_presets(bank, amsynth)
    chosen = presets[4]
    expected = amsynth.render(chosen.values[np.newaxis], played("C4:0.2")).audio[0]
    for name in (chosen.name, "5"):
        out = tmp_path / f"{name}.wav"
        code, _, _ = patchwright(
            *("synth", "render", amsynth.name, bank, "-o", out, "--preset", name),
            *("--notes", "C4:0.2", *QUICK),
        )
        assert code == 0
        assert np.array_equal(heard(out), expected)


def test_a_vital_preset_is_rendered(patchwright, tmp_path):
    need_package("vita", "vital")
    with RenderPool(resolve("vital")) as pool:
        lock = pool.space.lock({"*random_phase": {"normalised": 0}})
        rows = np.stack([lock.locked, lock.locked])
        rows[1, pool.space.index("osc_1_transpose")] = 0.25
        rows[:, pool.space.index("osc_1_on")] = 1
        for name, row in zip("ab", rows, strict=True):
            write_preset(tmp_path / f"{name}.vital", Preset(name, "vital", row), pool)
        expected = pool.render(rows, played("C4:0.2")).audio
    for name, wanted in zip("ab", expected, strict=True):
        code, _, _ = patchwright(
            "synth", "render", "vital", f"{name}.vital", "-o", "a.wav", "--notes", "C4:0.2", *QUICK
        )
        assert code == 0
        difference = heard("a.wav") - wanted
        assert np.sqrt((difference**2).mean() / (wanted**2).mean()) < 0.02
    assert not np.allclose(*expected, atol=1e-2)


def test_a_midi_file_is_played_at_its_tempo_or_another(fault_synth, amsynth, patchwright, tmp_path):
    values = amsynth.space.defaults[np.newaxis]
    write_preset(tmp_path / "a.json", Preset("a", amsynth.name, values[0]), amsynth)
    notes = parse_notes("C4:0.25 E4+G4:0.25@0.1/50")
    write_midi(tmp_path / "a.mid", notes, tempo=90)
    for more, tempo in (((), 90.0), (("--tempo", "150"), 150.0)):
        code, _, _ = patchwright(
            *("synth", "render", amsynth.name, "a.json", "-o", "a.wav"),
            *("--midi", "a.mid", *more, *QUICK),
        )
        assert code == 0
        there = Performance.of(read_midi(tmp_path / "a.mid").notes, tail=0.1, sr=SR, tempo=tempo)
        assert np.array_equal(heard("a.wav"), amsynth.render(values, there).audio[0])
    # pedalboard cannot follow the tempo of the file
    (tmp_path / "b.json").write_text("{}")
    code, _, said = patchwright(
        "synth", "render", fault_synth, "b.json", "-o", "b.wav", "--midi", "a.mid"
    )
    assert code == 2
    assert said.startswith("pedalboard cannot play at 90 beats per minute: ")
    assert not (tmp_path / "b.wav").exists()


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        (("--tail", "0.25"), 0.45),
        (("--tail", "0"), 0.2),
        (("--length", "0.1"), 0.1),
        (("--length", "0.7", "--tail", "3"), 0.7),
        ((), 1.2),
    ],
)
def test_the_length_is_what_was_asked_for(arguments, seconds, patchwright, tmp_path):
    (tmp_path / "a.json").write_text("{}")
    code, said, _ = patchwright(
        *("synth", "render", "subtractive", "a.json", "-o", "a.wav", "--notes", "C4:0.2"),
        *("--sr", str(SR), *arguments),
    )
    assert (code, said) == (0, f"a.wav: {seconds:g} s\n")
    assert heard("a.wav").shape[1] == round(seconds * SR)


def test_programs_are_listed_checked_and_played(program_synth, patchwright, tmp_path):
    code, said, _ = patchwright("synth", "programs", str(program_synth), "--check")
    assert code == 0
    assert re.search(r"1 . Plain +. the same bits", said)
    assert re.search(r"3 . Hidden +. [\d.]+ away", said)
    assert "1 of 3 programs sound different" in said
    out = str(tmp_path / "a.wav")
    arguments = ("synth", "render", str(program_synth), "-o", out, "--notes", "A3:0.1", *QUICK)
    with RenderPool(resolve(str(program_synth))) as pool:
        expected = pool.render_programs([2], played("A3:0.1")).audio[0]
    code, _, _ = patchwright(*arguments, "--program", "Hidden")
    assert code == 0
    np.testing.assert_allclose(heard(out), expected, atol=1e-6)
    code, _, error = patchwright(*arguments, "--program", "4")
    assert code == 2
    assert "1: Plain, 2: Bright, 3: Hidden" in error
    code, _, error = patchwright(*arguments)
    assert code == 2
    assert "--program" in error


def test_silence_is_told(fault_synth, patchwright, tmp_path):
    (tmp_path / "a.json").write_text('{"level": 0}')
    code, said, _ = patchwright("synth", "render", fault_synth, "a.json", "-o", "a.wav", *QUICK)
    assert (code, said) == (0, "a.wav: 1.1 s, silent\n")
    assert not heard("a.wav").any()


@pytest.mark.parametrize(
    ("files", "arguments", "sentence"),
    [
        ("{}", ["fm", "a.json", "--notes", "C4", "--midi", "a.mid"], "--midi or --dry, one"),
        ("{}", ["fm", "none.json"], "none.json cannot be read"),
        ("{}", ["vital", "none.vital"], "none.vital cannot be read"),
        ("{}", ["fm", "a.json", "--midi", "none.mid"], "none.mid"),
        ("{}", ["fm", "a.json", "--notes", "H4"], "'H4' is not a note: "),
        ("{}", ["fm", "a.json", "--notes", ""], "There are no notes: "),
        ("{}", ["fm", "a.json", "--tempo", "0"], "The tempo 0 is out of range: give 4 to 999"),
        ("{}", ["fm", "a.json", "--tail", "-1"], "The tail cannot last -1.0 s"),
        ("{}", ["fm", "a.json", "--sr", "100"], "The sample rate 100 Hz is out of range"),
        ("{}", ["fm", "a.json", "--preset", "b"], "name one of 1: a."),
        ('{"algoritm": 3}', ["fm", "a.json"], "did you mean 'algorithm'?"),
        ("{", ["fm", "a.json"], "a.json: "),
        ("{}", ["fm", "a.wav"], "a.wav"),
        ("{}", ["fm", "a.fxp"], "fm reads no preset files '.fxp'"),
        ("{}", ["vital", "a.json", "--notes", "C4+E4"], "vita plays one note at a time"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(files, arguments, sentence, complaint, tmp_path):
    (tmp_path / "a.json").write_text(files)
    (tmp_path / "a.fxp").write_bytes(b"CcnK")
    said = complaint("synth", "render", *arguments, "-o", tmp_path / "out.wav")
    assert sentence in said
    assert not (tmp_path / "out.wav").exists()


def test_a_render_that_fails_is_one_sentence(fault_synth, complaint, tmp_path):
    (tmp_path / "a.json").write_text('{"crash": {"normalised": 1}}')
    said = complaint("synth", "render", fault_synth, "a.json", "-o", "a.wav", *QUICK)
    assert said == f"{fault_synth} crashed with a.json: try another preset."
    assert not (tmp_path / "a.wav").exists()


# synth qualify


@pytest.fixture
def qualify(fault_synth, patchwright, tmp_path):
    """Qualifies the fault synth with some of its faults switched on."""

    def call(*more, presets=2, free=("brightness", "detune*"), **faults):
        lock = {name: {"normalised": float(faults.get(name, 0))} for name in FAULTS}
        for name in free:
            lock.pop(name, None)
        lock |= {"level": {"normalised": 1.0}, "attack*": {"normalised": 0.0}}
        (tmp_path / "lock.yaml").write_text(yaml.safe_dump({"free": list(free), "lock": lock}))
        code, said, errors = patchwright(
            *("synth", "qualify", fault_synth, "--lock", "lock.yaml"),
            *("--presets", presets, *more),
        )
        assert code == 0, errors
        return said

    return call


def row(said, policy):
    """Number of presets that a policy repeated, and number tried."""
    return re.search(rf"│ {policy} +│ (\d+) of (\d+) ", said).groups()


def test_a_memory_of_the_process_needs_forks(qualify):
    said = qualify(memory=1.0)
    assert " is reproducible with the policy fork; a new process gives the same bits." in said
    assert int(row(said, "reinstantiate")[0]) < 2
    assert row(said, "fork") == row(said, "respawn") == ("2", "2")
    # both noise floors: with the reset that changes the sound, and with the fork that does not
    reset, fork = re.search(r"mrstft +│ ([\d.e-]+), \S+ +│ ([\d.e-]+), ", said).groups()
    assert float(reset) > float(fork) == 0


@long
def test_a_memory_of_the_instance_is_lost_with_it(qualify):
    """DawDreamer's reset keeps the instance; pedalboard's makes a new one."""
    need_package("dawdreamer", "dawdreamer")
    said = qualify("--host", "dawdreamer", memory=0.5)
    assert re.search(" is reproducible with the policy (reinstantiate|fork); ", said)  # the quicker
    assert int(row(said, "none")[0]) < 2
    assert int(row(said, "reset")[0]) < 2
    assert row(said, "reinstantiate") == ("2", "2")


def test_what_was_found_out_is_kept_and_found_out_again_when_asked(qualify, tmp_path):
    times, said = [], []
    for presets, more in ((2, ()), (2, ()), (3, ()), (3, ("--again",))):
        started = time.perf_counter()
        said.append(qualify(*more, presets=presets))
        times.append(time.perf_counter() - started)
    assert said[0] == said[1] == said[2]
    assert row(said[0], "fork") == ("2", "2")
    assert row(said[3], "fork") == ("3", "3")
    assert max(times[1:3]) < min(times[0], times[3]) / 3  # it was looked up
    assert len(list((tmp_path / "cache/patchwright/qualified").glob("*.json"))) == 1


def test_a_plugin_that_never_repeats_is_told_with_the_cause(qualify, tmp_path, patchwright):
    said = qualify(free=("unsteady",))
    assert "not reproducible with any policy" in said
    assert "It repeats more often when these are locked: unsteady (100%)." in said
    assert int(row(said, "respawn")[0]) < 2
    floors = re.search(r"mrstft +│ ([\d.e-]+), \S+ +│ ([\d.e-]+), ", said).groups()
    assert min(map(float, floors)) > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fm"], "'fm' is not a plugin: write "),
        (["vital", "--lock", "vital-25"], "did you mean 'vital-24'?"),
        (["vital", "--state", "none.vital"], "none.vital cannot be read"),
        (["/nowhere/synth.vst3"], "There is no plugin /nowhere/synth.vst3: check the path."),
        (["vital", "--lock", "amsynth-16"], "'amp_attack' matches no parameter: "),
    ],
)
def test_what_cannot_be_qualified_is_one_sentence(arguments, sentence, complaint):
    assert sentence in complaint("synth", "qualify", *arguments)
