"""What a run writes stays in its folder, whatever names and links it meets."""

import os

import pytest

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.records.run_folder import RunFolder, new_folder
from patchwright.experiments.report import write_report
from patchwright.experiments.suite.config import make_suite
from patchwright.synths import Preset, SynthError
from patchwright.synths.builtin import FM

SEARCH = {"renders": 12, "calibration": 10, "method": "random"}


def run(target, out=None, **options):
    about = {"length": 0.2, "duration": 0.1, **target}
    return match(about, synth="fm", objectives=["mss"], search=SEARCH, sr=8_000, out=out, **options)


@pytest.mark.parametrize("name", ["../../../../tmp/x", "x" * 244, ".", "a/b\x01c", "CON"])
def test_the_name_of_a_preset_stays_inside_runs(tmp_path, monkeypatch, name):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    bank = folder / "bank.syx"
    bank.write_bytes(b"")
    monkeypatch.setattr(
        "patchwright.experiments.match.match_target.read_preset",
        lambda path, synth, name: Preset(name, "fm", FM.space.defaults),
    )
    found = run({"preset": str(bank), "program": name})
    assert [each.name for each in (folder / "runs").iterdir()] == [found.folder.name]
    assert found.report.is_file()
    assert {each.name for each in tmp_path.iterdir()} == {"work"}


def test_the_names_of_a_suite_stay_inside_runs(tmp_path):
    for name in ("..", "../../x", "y" * 300, "Ä"):
        content = {"name": name, "targets": [{"path": "e.wav"}], "sweep": {"seed": [0, 1]}}
        suite = make_suite(content, tmp_path / "s.yaml")
        for each in (suite.name, *(run.id for run in suite.runs)):
            assert "/" not in each
            assert not each.startswith(".")
            assert len(os.fsencode(each)) <= 200


def test_links_in_a_run_folder_are_not_followed(tmp_path):
    folder = run({"random": 3}, tmp_path / "run").folder
    victims = []
    for name in (
        *(
            "report.html",
            "report.html.part",
            "best.wav",
            "best.wav.part",
            "best.json",
            "synth.yaml",
        ),
        *("target.wav", "search.json", "summary.json.part", "front/00.json", "front/00.wav"),
    ):
        link, victim = folder / name, tmp_path / f"victim-{len(victims)}"
        victim.write_text("precious")
        link.unlink(missing_ok=True)
        link.symlink_to(victim)
        victims.append(victim)
    run({"random": 3}, folder, resume=True)
    assert [victim.read_text() for victim in victims] == ["precious"] * len(victims)
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(victims[0])
    write_report(RunFolder(folder))
    assert victims[0].read_text() == "precious"


@pytest.mark.parametrize("name", ["front", "evaluations", ".lock", "study.journal"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_that_would_be_written_through_is_refused(tmp_path, name, dangling):
    folder = run({"random": 3}, tmp_path / "run").folder
    elsewhere = tmp_path / "elsewhere"
    moved = folder / name
    if dangling:
        moved.rename(tmp_path / "moved")
    else:
        moved.rename(elsewhere)
    before = sorted(elsewhere.rglob("*")) if elsewhere.exists() else None
    moved.symlink_to(elsewhere)
    with pytest.raises((SynthError, ExperimentError), match=rf"{name} is a link.*remove it"):
        run({"random": 3}, folder, resume=True)
    assert (sorted(elsewhere.rglob("*")) if elsewhere.exists() else None) == before


def test_a_new_folder_is_no_dangling_link(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "nothing")
    assert new_folder(tmp_path, "a") == tmp_path / "a-2"
