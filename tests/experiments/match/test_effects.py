"""A match of effects: on a dry sound, and behind an instrument."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from patchwright.experiments.cli.main import app
from patchwright.experiments.config import SynthConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.dry_guess import nearest_dry
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.match.run import match, run_experiment
from patchwright.synths import Performance, parse_notes
from patchwright.synths.builtin import Subtractive
from patchwright.synths.effects import EffectSynth
from patchwright.synths.presets import read_preset
from tests.synths.effects.sounds import SR, played
from tests.synths.sample_plugins import need_amsynth

SEARCH = {"renders": 40, "calibration": 20, "finalists": []}
CHAIN = "effects: {distortion, delay}"
OPTIONS = {"sr": SR, "search": SEARCH, "objectives": ["mrstft", "mfcc_mae"]}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A wet and a dry stereo file of the same sound."""
    folder = tmp_path_factory.mktemp("sounds")
    performance, synth = played(0.3, channels=2), EffectSynth("distortion")
    wet = synth.render(synth.space.values([{"distortion_drive": 30.0}]), performance).audio[0]
    soundfile.write(folder / "dry.wav", performance.dry.audio.T, SR, subtype="FLOAT")
    soundfile.write(folder / "wet.wav", wet.T, SR, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def found(sounds):
    target = {"path": sounds / "wet.wav", "dry": sounds / "dry.wav"}
    return match(target, synth=CHAIN, out=sounds / "run", workers=1, **OPTIONS)


def untimed(folder):
    summary = json.loads((folder / "summary.json").read_text())
    summary.pop("seconds")
    names = ("best.wav", "best.json", "best.py")
    return summary, [(folder / name).read_bytes() for name in names]


def test_a_run_leaves_the_preset_the_program_and_the_wet_sound(found, sounds):
    summary = found.summary
    assert summary.verified
    assert summary.target.dry == "dry.wav"
    assert summary.target.note is None
    assert "distortion" in summary.effects.active
    with open_synth(check_experiment(yaml.safe_load(_config(found)), "run").synth) as synth:
        values = read_preset(found.folder / "best.json", synth).values
        assert summary.effects.active == tuple(slot.name for slot in synth.active(values))
    program = found.folder / "best.py"
    again = sounds / "again.wav"
    subprocess.run([sys.executable, program, sounds / "dry.wav", again], check=True)
    best, _ = soundfile.read(found.folder / "best.wav", dtype="float32")
    heard, _ = soundfile.read(again, dtype="float32")
    assert best.shape[1] == 2
    assert np.array_equal(heard[: len(best)], best)
    report = found.report.read_text()
    assert "dry.wav" in report
    assert "best.py" in report


def _config(found):
    return (found.folder / "run.yaml").read_text()


def test_the_bits_do_not_depend_on_the_workers_and_a_run_repeats_from_its_file(found, tmp_path):
    config = check_experiment(yaml.safe_load(_config(found)), "run")
    run_experiment(config, out=tmp_path / "again", workers=2, report=False)
    assert untimed(tmp_path / "again") == untimed(found.folder)


def test_each_effect_costs_so_that_the_simple_chain_wins_ties(sounds):
    """A target without effects: every chain that leaves the sound as it is ties."""
    target = {"path": sounds / "dry.wav", "dry": sounds / "dry.wav"}
    search = SEARCH | {"renders": 60}
    options = OPTIONS | {"search": search}
    run = match(target, synth="effects: {gain, low_pass}", out=sounds / "tie", workers=1, **options)
    assert run.summary.effects.active == ()


def test_the_command_matches_and_says_where_the_effects_are(sounds, tmp_path):
    arguments = [
        *("match", str(sounds / "wet.wav"), "--dry", str(sounds / "dry.wav")),
        *("--synth", "effects: distortion", "--renders", "30", "--set", "search.calibration=20"),
        *("--set", f"sr={SR}", "--objective", "mrstft", "--out", str(tmp_path / "run")),
        *("--set", "search.finalists=[]", "--workers", "1"),
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "distortion" in (tmp_path / "run" / "best.py").read_text()


def test_effects_behind_an_instrument_share_one_lock_and_one_preset(tmp_path):
    performance = Performance.of(parse_notes("C4:0.2"), tail=0.1, sr=SR)
    audio = Subtractive().render(Subtractive.space.values([{}]), performance).audio[0]
    soundfile.write(tmp_path / "note.wav", audio.T, SR, subtype="FLOAT")
    (tmp_path / "lock.yaml").write_text("lock: {reverb_width: 1}\nfree: [filter_cutoff]\n")
    run = match(
        {"path": tmp_path / "note.wav", "note": 60},
        synth={"name": "subtractive | reverb", "lock": str(tmp_path / "lock.yaml")},
        out=tmp_path / "run",
        workers=1,
        **OPTIONS,
    )
    assert run.summary.free == 5  # the cutoff, and the reverb without its width
    assert run.summary.effects.active == ("reverb",)
    assert run.summary.preset["reverb_width"] == "1"
    own = json.loads((run.folder / run.summary.effects.instrument).read_text())
    assert own["synth"] == "subtractive"
    assert not any(name.startswith("reverb") for name in own["parameters"])


@pytest.mark.parametrize(
    ("target", "synth", "mend"),
    [
        ({"path": "a.wav"}, "effects: delay", "--dry"),
        ({"path": "a.wav", "dry": "b.wav"}, "subtractive", "effects: delay"),
        ({"path": "a.wav", "dry": "b.wav", "note": 60}, "effects: delay", "note"),
        ({"random": 1}, "effects: delay", "--dry"),
    ],
)
def test_a_dry_sound_and_effects_alone_need_each_other(target, synth, mend):
    with pytest.raises(ExperimentError) as error:
        check_experiment({"target": target, "synth": synth}, "run")
    assert mend in str(error.value)


@pytest.mark.parametrize("name", ["effects: dealy", "subtractive | dealy"])
def test_a_wrong_effect_is_an_error_with_the_nearest(name, sounds, tmp_path):
    dry = {"dry": sounds / "dry.wav"} if name.startswith("effects") else {}
    with pytest.raises(Exception, match="'delay'"):
        match({"path": sounds / "wet.wav", **dry}, synth=name, out=tmp_path / "run", **OPTIONS)


def test_random_settings_of_effects_can_be_a_target(sounds, tmp_path):
    run = match(
        {"random": 3, "dry": sounds / "dry.wav"},
        synth="effects: chorus",
        out=tmp_path / "run",
        workers=1,
        **OPTIONS,
    )
    assert run.summary.numbers.param_mae is not None
    assert run.summary.target.dry == "dry.wav"


def test_a_wet_file_that_cannot_be_used_is_refused(sounds, tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros((SR, 1)), SR)
    for wet, dry in (("silent", "dry"), ("wet", "silent"), ("wet", "missing")):
        place = {name: sounds / f"{name}.wav" for name in ("wet", "dry")}
        target = {
            "path": place.get(wet, tmp_path / f"{wet}.wav"),
            "dry": place.get(dry, tmp_path / f"{dry}.wav"),
        }
        with pytest.raises(ExperimentError, match=r"silent|missing"):
            match(target, synth=CHAIN, out=tmp_path / "run", **OPTIONS)


def test_effects_behind_a_plugin_leave_its_own_preset_file(sounds, tmp_path, monkeypatch):
    need_amsynth()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = {"name": "vst2:amsynth_vst | delay", "lock": "amsynth-16"}
    target = {"path": sounds / "dry.wav", "note": 57}
    search = SEARCH | {"renders": 24}
    run = match(
        target, synth=config, out=tmp_path / "run", workers=2, **OPTIONS | {"search": search}
    )
    summary = run.summary
    assert summary.verified
    assert summary.free == 16 + 3
    assert summary.native is None
    assert summary.effects.instrument == "best.fxp"
    performance = Performance.of(parse_notes("A3:0.1"), tail=0.1, sr=SR)
    with (
        open_synth(SynthConfig(name="vst2:amsynth_vst")) as alone,
        open_synth(SynthConfig(name="vst2:amsynth_vst | delay")) as behind,
    ):
        values = read_preset(run.folder / "best.json", behind).values[np.newaxis]
        own = values[:, : len(alone.space)]
        plain = alone.render(own, performance).audio
        assert np.array_equal(behind.dry(values, performance).audio, plain)
        dry = values.copy()
        dry[:, behind.space.index("delay_mix")] = 0
        assert np.allclose(behind.render(dry, performance).audio, plain, atol=1e-6)
        again = read_preset(run.folder / "best.fxp", alone).values[np.newaxis]
        assert np.allclose(again, own, atol=1e-6)


def test_another_note_stands_for_the_dry_sound_and_the_report_says_that_it_is_a_guess(tmp_path):
    t = np.arange(round(0.8 * SR)) / SR

    def note(hz, fall):
        tones = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6))
        return 0.3 * tones * np.exp(-fall * t)

    folder = tmp_path / "notes"
    folder.mkdir()
    for name, hz, fall in (("low", 220, 3), ("same", 331, 3), ("short", 331, 30)):
        soundfile.write(folder / f"{name}.wav", note(hz, fall), SR)
    wet = tmp_path / "wet.wav"
    soundfile.write(wet, np.tanh(8 * note(330, 3)), SR)
    command = ["match", wet, "--dry-like", folder, "--synth", "effects: distortion", "--renders"]
    options = [30, "--set", "search.calibration=20", "--set", "search.finalists=[]", "--workers", 1]
    result = CliRunner().invoke(
        app, [*map(str, [*command, *options, "--objective", "mrstft", "--out", tmp_path / "run"])]
    )
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["target"]["dry"] == "same.wav"
    assert "guess" in (tmp_path / "run" / "report.html").read_text()
    both = ["match", wet, "--dry", wet, "--dry-like", folder, "--synth", "effects: distortion"]
    assert isinstance(CliRunner().invoke(app, [*map(str, both)]).exception, ExperimentError)
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(ExperimentError, match="another folder"):
        nearest_dry(wet, empty)
