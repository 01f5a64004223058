"""Temporary folders are removed, at the latest by the next process."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from patchwright.experiments.dashboard import temporary
from patchwright.experiments.dashboard.temporary import temporary_folder

KILLED = """
import os, signal
from patchwright.experiments.dashboard.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "note.wav").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a system without SIGKILL")
def test_the_folder_of_a_killed_process_is_removed_by_the_next(place, monkeypatch):
    subprocess.run([sys.executable, "-P", "-c", KILLED], env={**os.environ}, check=False)
    (left,) = place.iterdir()
    assert (left / "note.wav").exists()
    with temporary_folder():  # which leaves young ones alone
        assert left.exists()
    monkeypatch.setattr(temporary, "_YOUNG", -1.0)
    with temporary_folder() as folder:
        assert list(place.iterdir()) == [folder]
        with temporary_folder():  # which leaves those in use alone
            assert folder.exists()
    assert not list(place.iterdir())


def test_other_folders_stay(place, monkeypatch):
    monkeypatch.setattr(temporary, "_YOUNG", -1.0)
    other = place / "patchwright-sounds-of-mine"
    other.mkdir()
    with temporary_folder():
        assert other.exists()
