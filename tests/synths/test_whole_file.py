"""Files that are written whole, without following links, and safe names."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patchwright.synths import SynthError
from patchwright.synths.whole_file import (
    legible_name,
    own_file,
    own_folder,
    safe_name,
    whole_file,
)
from tests.sizes import size

TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    [
        "",
        ".",
        "..",
        "../../../../tmp/x",
        "/etc/passwd",
        "CON",
        "nul.txt",
        "com1",
        "a\0b",
        "caf\udce9",
    ]
)


@settings(max_examples=size(2_000, 200), deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from([16, 60, 150]))
@example("x" * 244, False, 60)
@example("é" * 244, True, 60)
def test_any_text_becomes_the_name_of_one_file(text, distinct, length):
    name = safe_name(text, length=length, distinct=distinct)
    assert re.fullmatch(r"[A-Za-z0-9_+=][A-Za-z0-9._+=-]*", name)
    assert len(name) <= length
    assert not name.endswith(".")
    assert name.partition(".")[0].lower() not in ("con", "prn", "aux", "nul", "com1", "lpt1")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).touch()
        assert [path.name for path in Path(folder).iterdir()] == [name]


@settings(max_examples=size(2_000, 200), deadline=None)
@given(TEXTS)
@example("con .txt")
@example("COM¹")
@example("CONIN$")
@example("lpt0.fxp")
def test_names_that_people_read_are_names_on_windows(text):
    name = legible_name(text)
    assert 1 <= len(name) <= 61
    assert not re.search(r'[\\*?/:<>|"\x00-\x1f]', name)
    assert name == name.strip(". ") or name.startswith("_")
    assert not name.endswith((".", " "))
    device = name.partition(".")[0].rstrip(" ").casefold()
    assert device not in {"con", "prn", "aux", "nul", "conin$", "conout$"}
    assert not re.fullmatch("(com|lpt)[0-9¹²³]", device)


@settings(max_examples=size(2_000, 200), deadline=None)
@given(TEXTS, TEXTS)
@example("Ä", "Ö")
@example("x" * 100, "x" * 101)
@example("A", "Ä")
def test_different_texts_can_have_different_names(one, other):
    names = [safe_name(text, distinct=True) for text in (one, other)]
    assert (names[0] == names[1]) == (one == other)


def test_plain_names_stay_as_they_are():
    for name in ("trumpet_c4", "random-3", "search-fm", "a.b+c=d", "x" * 60):
        assert safe_name(name) == safe_name(name, distinct=True) == name


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_text("precious")
    return path


@pytest.mark.parametrize("link", ["report.html", "report.html.part"])
@pytest.mark.parametrize("dangling", [False, True])
def test_links_are_replaced_and_not_followed(tmp_path, victim, link, dangling):
    target = tmp_path / "nothing" if dangling else victim
    (tmp_path / link).symlink_to(target)
    path = tmp_path / "report.html"
    with whole_file(path) as part:
        part.write_text("ours")
    assert path.read_text() == "ours"
    assert not path.is_symlink()
    assert victim.read_text() == "precious"
    assert {each.name for each in tmp_path.iterdir()} == {"report.html", "victim"}


def test_what_a_killed_process_left_is_replaced(tmp_path):
    (tmp_path / "a.part").write_text("half")
    with whole_file(tmp_path / "a") as part:
        assert part.read_text() == ""
        part.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_folders_and_devices_are_not_replaced(tmp_path, make):
    make(tmp_path / "a")
    with pytest.raises(SynthError, match="name a file"), whole_file(tmp_path / "a"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_link_is_no_folder_or_file_of_our_own(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name, target in (("a", "elsewhere"), ("b", "nothing")):
        link = tmp_path / name
        link.symlink_to(tmp_path / target)
        for own in (own_folder, own_file):
            with pytest.raises(SynthError, match=rf"{re.escape(str(link))} is a link.*remove"):
                own(link)
    assert own_folder(tmp_path / "c" / "d").is_dir()
    assert own_folder(tmp_path / "c" / "d").is_dir()
    assert own_file(tmp_path / "e") == tmp_path / "e"
