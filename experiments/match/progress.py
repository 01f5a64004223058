"""The progress bar of a search."""

import math

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from patchwright.experiments.config import SearchConfig
from patchwright.experiments.terminal.console import Console, PlainColumn, RateColumn
from patchwright.search import Generation


class SearchProgress:
    """Bar with renders, their rate, the time left, and the best score by objective.

    A callback of `search.run`, and a context manager.

    Args:
        search: Config of the search; its budget is the length of the bar.
        objectives: Names of the objectives.
        console: Console to draw on.
    """

    def __init__(self, search: SearchConfig, objectives: list[str], console: Console) -> None:
        self._search = search
        self._objectives = objectives
        self._progress = Progress(
            BarColumn(bar_width=12),
            PlainColumn("{task.fields[renders]} renders"),
            RateColumn(),
            TimeRemainingColumn(),
            PlainColumn("left"),
            PlainColumn("{task.fields[best]}", style="cyan"),  # last, as it may not fit
            console=console,
        )
        self._task = self._progress.add_task(
            "search", total=1.0, renders=0, best="calibrating", rate=0.0
        )
        self._replayed = 0, 0.0

    def __enter__(self) -> "SearchProgress":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, state: Generation) -> None:
        """Show the state after a generation."""
        if state.replayed:
            self._replayed = state.renders, state.seconds
        renders, seconds = state.renders - self._replayed[0], state.seconds - self._replayed[1]
        best = zip(self._objectives, state.best, strict=True)
        scores = " ".join(f"{name} {score:.3g}" for name, score in best)
        self._progress.update(
            self._task,
            completed=self._share(state),
            renders=state.renders,
            rate=renders / seconds if seconds > 0 else 0.0,
            best=scores if state.distance < math.inf else "nothing within the constraints yet",
        )

    def _share(self, state: Generation) -> float:
        """Return the spent share of the budget, by the limit nearest to its end."""
        limits = (
            (state.renders, self._search.renders),
            (state.seconds, self._search.seconds),
            (state.number, self._search.generations),
        )
        return max([spent / limit for spent, limit in limits if limit is not None], default=0.0)
