"""Fixtures that run the command line."""

import re
import sys

import pytest

from patchwright.experiments import cli


@pytest.fixture
def patchwright(monkeypatch, capsys, tmp_path):
    """Return a function that runs a command and returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONSAFEPATH", "")  # set by the command, and restored after the test

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["patchwright", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def complaint(patchwright):
    """Return a function that runs a wrong command and returns its one sentence of error."""

    def call(*arguments):
        code, _, errors = patchwright(*arguments)
        assert code == 2
        lines = errors.strip().splitlines()
        assert len(lines) == 1, errors
        assert lines[0].endswith((".", "?")) or re.search(r"[:,] ", lines[0]), errors
        assert "Traceback" not in errors
        return lines[0]

    return call
