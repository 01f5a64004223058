"""Progress bar of a suite."""

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from patchwright.experiments.suite.worker import RunOutcome
from patchwright.experiments.terminal.console import Console, PlainColumn

_HOUR = 3600.0


class SuiteProgress:
    """Progress bar with finished and failed runs, renders per second and the remaining time.

    Args:
        runs: Number of runs in the suite.
        finished: Number of runs that are finished at the start.
        console: Console to draw on.
    """

    def __init__(self, runs: int, finished: int, console: Console) -> None:
        self._renders = self._failed = 0
        self._progress = Progress(
            PlainColumn("{task.completed:.0f} of {task.total:.0f} runs"),
            BarColumn(bar_width=24),
            PlainColumn("{task.fields[failed]}", style="red"),
            PlainColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            PlainColumn("left"),
            PlainColumn("{task.fields[notice]}", style="yellow"),
            console=console,
            speed_estimate_period=_HOUR,  # a run may take minutes
        )
        self._task = self._progress.add_task(
            "suite", total=runs, completed=finished, failed="", rate="", notice=""
        )

    def __enter__(self) -> "SuiteProgress":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, outcome: RunOutcome) -> None:
        """Count a run that ended."""
        self._renders += outcome.renders
        self._failed += outcome.error is not None
        elapsed = self._progress.tasks[0].elapsed
        self._progress.update(
            self._task,
            advance=1,
            failed=f"{self._failed} failed" if self._failed else "",
            rate=f"{self._renders / elapsed:.0f} renders/s" if elapsed else "",
        )

    def notice(self, words: str) -> None:
        """Show a few words at the end of the line."""
        self._progress.update(self._task, notice=words)
