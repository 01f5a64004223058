"""What the tests of the command line share."""

import re
import sys

import pytest

from patchwright.experiments import cli


@pytest.fixture
def patchwright(monkeypatch, capsys, tmp_path):
    """Runs the command in this process: exit code, what it said, what it complained of."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["patchwright", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def complaint(patchwright):
    """Runs a command that is a mistake, and returns the one sentence that it is told with."""

    def call(*arguments):
        code, _, said = patchwright(*arguments)
        assert code == 2
        lines = said.strip().splitlines()
        assert len(lines) == 1, said
        assert lines[0].endswith((".", "?")) or re.search(r"[:,] ", lines[0]), said
        assert "Traceback" not in said
        return lines[0]

    return call
