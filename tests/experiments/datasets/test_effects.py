"""Datasets of effects: presets of chains on dry sounds."""

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from patchwright.experiments.cli.main import app
from patchwright.experiments.config.dataset import load_dataset_config
from patchwright.experiments.datasets.making import make
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recognition.dry_folder import read_dry_folder
from patchwright.experiments.recognition.idmt import KINDS, named_sound
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.effects import LABELS
from patchwright.surrogates.effects.labels import DRY
from patchwright.synths import DrySound, Performance
from patchwright.synths.effects import EffectSynth

SR, LENGTH = 16_000, 0.4


def tone(hz, level):
    t = np.arange(round(0.3 * SR)) / SR
    return (level * np.sin(2 * np.pi * hz * t) * np.exp(-4 * t)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dry")
    for number, (hz, level) in enumerate(((220, 0.5), (330, 0.1), (441, 0.9))):
        soundfile.write(folder / f"i{number}_60.wav", tone(hz, level), SR)
    return folder


def config(folder, **content):
    given = {"dry": str(folder), "synth": {"name": "effects: delay | distortion"}, "presets": 70}
    front = {"length": LENGTH, "sr": SR, "audio": True}
    return load_dataset_config(None, given | front | content)


def test_rows_say_what_each_preset_was_played_on_for_any_number_of_workers(folder, tmp_path):
    wide = {"folder": str(folder), "gain": [-12, -3], "onset": [0.0, 0.05]}
    first, second = (
        make(config(folder, dry=wide), tmp_path / str(workers), workers=workers)
        for workers in (1, 2)
    )
    assert first.sha256 == second.sha256
    rows = np.arange(70)
    played, audio = first.read("dry", rows), first.read("audio", rows)
    assert {*played[:, 0]} == {0, 1, 2}
    assert (played[:, 1] >= -12).all()
    assert (played[:, 1] <= -3).all()
    assert np.ptp(played[:, 2]) > 0.02
    synth, values = EffectSynth("delay | distortion"), first.read("values", rows)
    for row in (0, 69):
        sound, gain, onset = played[row]
        dry = [*read_dry_folder(folder, sr=SR, length=LENGTH).values()][int(sound)][0]
        dry = np.pad(10 ** (gain / 20) * dry / abs(dry).max(), (round(onset * SR), 0))
        performance = Performance(notes=(), length=LENGTH, sr=SR, dry=DrySound(dry[np.newaxis]))
        wet = synth.render(values[[row]].astype(float), performance).audio[0]
        assert np.allclose(audio[row], wet, atol=2e-3)  # kept in half precision


def test_the_command_makes_one_and_its_facts_name_the_dry_sounds(folder, tmp_path):
    out = tmp_path / "data"
    arguments = ["--synth", "effects: gain", "--dry", folder, "--presets", 8, "--length", LENGTH]
    command = ["dataset", "make", *arguments, "--sr", SR, "--workers", 1, "--out", out]
    assert CliRunner().invoke(app, [*map(str, command)]).exit_code == 0
    assert Dataset(out).card.dry.sounds == ("i0 1", "i1 1", "i2 1")
    assert "1 of 3" in CliRunner().invoke(app, ["dataset", "info", str(out)]).stdout


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        ({"dry": None}, "give a folder"),
        ({"synth": {"name": "subtractive | delay"}}, "leave dry out"),
        ({"dry": "no-such-folder"}, "name a folder"),
    ],
)
def test_effects_and_dry_sounds_need_each_other(content, mend, folder, tmp_path):
    with pytest.raises(ExperimentError, match=mend):
        make(config(folder, **content), tmp_path / "data")


def test_names_of_the_corpus_of_idmt_are_read():
    bass = named_sound("B11-28100-3311-00625.wav")
    assert (bass.instrument, bass.pitch, bass.kind, bass.setting) == ("B1", 28, "chorus", 1)
    chord = named_sound("P64-43110-2212-46225.wav")
    assert (chord.instrument, chord.pitch, chord.kind, chord.setting) == (
        "P6", 43, "feedback_delay", 2
    )  # fmt: skip
    assert named_sound("025_62_FluidR3_GM.wav") is None
    assert {*KINDS.values()} <= {*LABELS, DRY}


def test_a_folder_of_idmt_gives_its_sounds_without_effects(tmp_path):
    samples = tmp_path / "Gitarre monophon" / "Samples"
    names = {
        "NoFX": ["G61-40100-1111-00001", "G71-40100-1111-00002"],
        "Chorus": ["G61-40100-3311-00003"],
    }
    for folder, files in names.items():
        (samples / folder).mkdir(parents=True)
        for name in files:
            soundfile.write(samples / folder / f"{name}.wav", tone(200, 0.5), SR)
    (tmp_path / "Gitarre monophon" / "Lists").mkdir()
    found = read_dry_folder(tmp_path)
    assert {name: len(sounds) for name, sounds in found.items()} == {"G6": 1, "G7": 1}
