"""Commands in the process of a sweep."""

import contextlib
import io
import sys

from patchwright.experiments import cli
from patchwright.experiments.errors import ExperimentError


def command(*arguments):
    """Run a command.

    Raises:
        ExperimentError: With the last line that it printed, if its exit code is 2.
        AssertionError: If its exit code is another than 0 and 2.
    """
    told, wrong, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["patchwright", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(wrong):
            cli.main()
    except SystemExit as ended:
        code, said = ended.code or 0, wrong.getvalue().strip()
    finally:
        sys.argv = before
    assert code in (0, 2), f"exit code {code}: {said}"
    assert "Traceback" not in said, said
    if code == 2:
        raise ExperimentError(said.rpartition("\n")[2])
