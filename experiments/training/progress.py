"""The progress bar of a training."""

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from patchwright.experiments.terminal.console import Console, PlainColumn, RateColumn
from patchwright.surrogates.training.progress import Progress as State

_PERIOD = 120.0  # seconds over which the rate is averaged


class TrainingProgress:
    """Bar with steps, steps per second, the best error so far and the time left.

    Args:
        members: Number of networks.
        steps: Steps of each.
        console: Console to draw on.
    """

    def __init__(self, members: int, steps: int, console: Console) -> None:
        self._progress = Progress(
            PlainColumn("{task.completed:,.0f} of {task.total:,.0f} steps"),
            BarColumn(bar_width=24),
            RateColumn(),
            PlainColumn("error {task.fields[best]}"),
            TimeRemainingColumn(),
            PlainColumn("left"),
            console=console,
            speed_estimate_period=_PERIOD,
        )
        self._steps = steps
        self._task = self._progress.add_task("steps", total=members * steps, best="not known yet")

    def __enter__(self) -> "TrainingProgress":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, member: int, state: State) -> None:
        """Show the state of a member."""
        done = member * self._steps + state.step
        self._progress.update(self._task, completed=done, best=f"{state.best:.4f}")
