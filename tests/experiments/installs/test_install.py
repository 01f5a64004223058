"""Presets of runs, installed and taken away again."""

import json

import pytest
import yaml

from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.installs import install, plan_run, undo
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.records.finished_run import read_run
from patchwright.synths import Preset
from patchwright.synths.builtin import FM
from tests.experiments.compared_runs import write_run


@pytest.fixture
def home(tmp_path, monkeypatch):
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return path


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    write_run(folder, synth={"name": "fm"})
    Preset("bell", "fm", FM.space.defaults).write(folder / "best.json", FM.space)
    return folder


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_installed_is_removed_by_undo(home, run, patchwright):
    assert patchwright("install", run)[0] == 0
    code, shown, _ = patchwright("install", run, "--name", "Glocke", "--tags", "bright, bell")
    assert code == 0
    assert "without tags" in shown
    assert str(home) in shown
    assert files(home) == ["Glocke.syx", "bell.syx"]
    code, shown, _ = patchwright("install", run, "--undo")
    assert code == 0
    assert "Glocke.syx" in shown
    assert [*home.iterdir()] == []
    assert not (run / "installed.json").exists()


def test_a_dry_run_writes_nothing(home, run, patchwright):
    before = files(run)
    code, shown, _ = patchwright("install", run, "--dry-run")
    assert code == 0
    assert "bell.syx" in shown
    assert [*home.iterdir()] == []
    assert files(run) == before


def test_nothing_that_exists_is_touched(home, run):
    finished = read_run(run)
    first = plan_run(finished)
    ((path, _),) = first[0].files.items()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        install(finished.files, first)  # planned before the file was there
    install(finished.files, plan_run(finished))
    assert files(home) == ["bell 2.syx", "bell.syx"]
    removed, _ = undo(finished.files)
    assert [each.name for each in removed] == ["bell 2.syx"]
    assert path.read_bytes() == b"mine"


def test_undo_keeps_what_was_changed_since(home, run):
    finished = read_run(run)
    install(finished.files, plan_run(finished))
    (path,) = (each for each in home.rglob("*") if each.is_file())
    path.write_bytes(b"better")
    assert undo(finished.files) == ([], [path])
    assert path.exists()


def test_undo_knows_the_files_of_a_killed_installation(home, run):
    finished = read_run(run)
    install(finished.files, plan_run(finished))
    (path,) = (each for each in home.rglob("*") if each.is_file())
    path.unlink()  # the journal is written first
    assert undo(finished.files) == ([], [])
    assert [*home.iterdir()] == []


def test_of_a_chain_the_instrument_is_installed(home, tmp_path, complaint):
    folder = tmp_path / "chain"
    write_run(folder, synth={"name": "fm | gain"})
    with open_synth(SynthConfig(name="fm | gain")) as chain:
        Preset("bell", chain.name, chain.space.defaults).write(folder / "best.json", chain.space)
    finished = read_run(folder)
    install(finished.files, plan_run(finished))
    assert files(home) == ["bell.syx"]
    effects = tmp_path / "effects"
    write_run(effects)
    content = yaml.safe_load((effects / "run.yaml").read_text())
    content |= {"synth": "effects: gain", "target": {"path": "/wet.wav", "dry": "/dry.wav"}}
    (effects / "run.yaml").write_text(yaml.safe_dump(content))
    with open_synth(SynthConfig(name="effects: gain")) as alone:
        Preset("wet", alone.name, alone.space.defaults).write(effects / "best.json", alone.space)
    assert "best.py" in complaint("install", effects)


def test_mistakes_are_told(home, run, complaint):
    assert "no undo" in complaint("install", run, "--undo")
    assert "cannot be shown" in complaint("install", run, "--name", " ")
    assert "tag" in complaint("install", run, "--tags", "a|b")
    assert "no other option" in complaint("install", run, "--undo", "--dry-run")
    for path in (1, "/home/me/.bashrc"):
        journal = {"files": [{"path": path, "sha256": "0"}]}
        (run / "installed.json").write_text(json.dumps(journal))
        assert "damaged" in complaint("install", run, "--undo")
    (run / "best.json").unlink()
    assert "best.json is missing" in complaint("install", run)
