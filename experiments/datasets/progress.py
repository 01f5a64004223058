"""The progress bar of a dataset."""

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from patchwright.experiments.terminal.console import Console, PlainColumn, RateColumn

_PERIOD = 120.0  # seconds over which the rate is averaged: a block may take some


class DatasetProgress:
    """Bar with the number of presets, presets per second, and the time left; a context manager.

    Args:
        presets: Number of presets of the dataset.
        console: Console to draw on.
    """

    def __init__(self, presets: int, console: Console) -> None:
        self._progress = Progress(
            PlainColumn("{task.completed:,.0f} of {task.total:,.0f} presets"),
            BarColumn(bar_width=24),
            RateColumn(),
            TimeRemainingColumn(),
            PlainColumn("left"),
            console=console,
            speed_estimate_period=_PERIOD,
        )
        self._task = self._progress.add_task("presets", total=presets)
        self._begun = False

    def __enter__(self) -> "DatasetProgress":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, done: int) -> None:
        """Show the number of presets that are done; the first call's do not count for the rate."""
        if self._begun:
            self._progress.update(self._task, completed=done)
        else:
            self._progress.reset(self._task, completed=done)
        self._begun = True
