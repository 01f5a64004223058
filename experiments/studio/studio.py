"""The studio's work, apart from HTTP: sounds that were dropped, runs, and their searches."""

import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.match_target import recorded
from patchwright.experiments.records.run_folder import RunFolder, new_folder
from patchwright.experiments.studio.choices import SynthChoice, check_choice, synth_choices
from patchwright.experiments.studio.dropped import MAX_BYTES, DroppedSounds
from patchwright.experiments.studio.library import Library
from patchwright.experiments.studio.matches import Matches
from patchwright.experiments.studio.session import Session, write_beginning
from patchwright.experiments.studio.state import StudioState, read_state
from patchwright.synths.whole_file import own_folder, safe_name

if TYPE_CHECKING:
    from patchwright.experiments.dashboard.dashboard import Dashboard

RENDERS = 2_500
"""Budget of a match, if no other is chosen."""

_FEWEST = 150  # renders: some more than the calibration
_OPEN = 2  # runs whose synths are open at a time


class Studio:
    """Everything that the pages of the studio can do.

    Args:
        root: Folder of the runs.
        workers: Renders in parallel.
        read_only: Whether nothing is searched or written.
        max_bytes: Maximum size of a sound.
        ahead: Whether the process of the next search is started in advance.

    Raises:
        SynthError: If a folder of the studio is a link.
    """

    def __init__(
        self,
        root: Path,
        *,
        workers: int | None = None,
        read_only: bool = False,
        max_bytes: int = MAX_BYTES,
        ahead: bool = True,
    ) -> None:
        self.root, self.read_only = root, read_only
        self._workers = workers or os.cpu_count() or 1
        self.library = Library(root)
        self.sounds = DroppedSounds(root / ".dropped", max_bytes=max_bytes)
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._dashboard: Dashboard | None = None
        if not read_only:
            root.mkdir(parents=True, exist_ok=True)
            own_folder(root / ".dropped")
        self.matches = Matches(workers=self._workers, ended=self._ended, ahead=ahead)
        if not read_only:
            self.matches.prepare()
            self._go_on()

    def close(self) -> None:
        """End all processes."""
        self.matches.close()
        if self._dashboard is not None:
            self._dashboard.stop()
            self._dashboard.__exit__()
        for session in self._sessions.values():
            session.close()

    @cached_property
    def choices(self) -> list[SynthChoice]:
        """Synths and locks that a match can be begun with."""
        return synth_choices()

    def dashboard(self) -> str:
        """Start Optuna's dashboard of the runs, if it is not there yet, and return its address.

        It is served on 127.0.0.1, whatever the address of the studio, as it asks for no token.

        Raises:
            ExperimentError: If there is no run, or one is damaged.
            SynthError: If a file of a run is damaged.
        """
        from patchwright.experiments.dashboard.dashboard import Dashboard  # slow to import

        with self._lock:
            if self._dashboard is None:
                self._dashboard = Dashboard(self.root, port=0)
                threading.Thread(target=self._dashboard.serve, daemon=True).start()
            return self._dashboard.address

    def session(self, number: str) -> Session:
        """Return a run by its ID.

        Raises:
            ExperimentError: If there is none, or it is damaged.
        """
        with self._lock:
            session = self._sessions.get(number)
            if session is None:
                folder = self.library.find(number)
                session = Session(
                    number, folder, self.matches, workers=self._workers, read_only=self.read_only
                )
                self._sessions[number] = session
            self._sessions.move_to_end(number)
            old = [*self._sessions.values()][:-_OPEN]
        for each in old:
            each.close()
        return session

    def begin(self, order: Mapping[str, Any]) -> str:
        """Begin a match of dropped sounds, and return the ID of its run.

        Args:
            order: The sounds with their notes, the region, the synth, its lock and the budget, as
                the page sends them.

        Raises:
            ExperimentError: If something is wrong in it.
            SynthError: If the synth or the lock is not listed.
        """
        chosen = order.get("sounds")
        if not isinstance(chosen, list) or not chosen:
            raise ExperimentError("There is no sound yet: drop one.")
        if not all(isinstance(each, dict) for each in chosen):
            raise ExperimentError("Each sound has an ID and a note.")
        sounds = [self.sounds.find(each.get("id")) for each in chosen]
        notes = [_whole(each.get("note"), 0, 127, "The note") for each in chosen]
        synth = check_choice(self.choices, order.get("synth"), order.get("lock", ""))
        renders = _whole(order.get("renders", RENDERS), _FEWEST, 100_000, "The budget")
        name = safe_name(sounds[0].path.stem)
        with self._new_folder(f"{name}-{safe_name(synth['name'].rpartition(':')[2])}") as folder:
            paths = self.sounds.give(sounds, own_folder(folder / "studio"), notes)
            target: dict[str, Any] = {"paths": [str(path.resolve()) for path in paths]}
            if len(paths) == 1:
                target = {
                    "path": str(paths[0].resolve()),
                    "note": notes[0],
                    "start": order.get("start"),
                    "length": order.get("length"),
                    "but": order.get("but"),
                }
            elif order.get("but") is not None:
                raise ExperimentError("One sound can be wished otherwise: leave the others out.")
            content = {"target": target, "synth": synth, "search": {"renders": renders}}
            config = check_experiment(content, "studio")
            if config.target.but is not None:
                recorded(config.target, config.sr)  # refuses what this sound cannot be
        names = tuple(sound.name for sound in sounds)
        title = Path(names[0]).stem + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        return self._start(folder, config, StudioState(title=title[:200], target_names=names))

    def branch(self, session: Session, order: Mapping[str, Any]) -> str:
        """Search on from a preset of a run, in a new run, and return the ID of that.

        Args:
            session: The run.
            order: The preset, the names of the knobs to lock, and the budget.

        Raises:
            ExperimentError: If something is wrong in it.
            SynthError: If a knob is not known, or none is left free.
        """
        locked = order.get("locked", [])
        if not isinstance(locked, list) or not all(isinstance(name, str) for name in locked):
            raise ExperimentError("The locked knobs must be a list of names.")
        start = order.get("from")
        renders = _whole(order.get("renders", RENDERS), _FEWEST, 100_000, "The budget")
        key = start if isinstance(start, str) else None
        with self._new_folder(session.folder.path.resolve().name) as folder:
            config = session.branch(folder, key, locked, renders)
        before = session.state
        title = f"{before.title or session.folder.path.name}, further"
        state = StudioState(title=title[:200], tags=before.tags, target_names=before.target_names)
        return self._start(folder, config, state)

    def _start(self, folder: Path, config: ExperimentConfig, state: StudioState) -> str:
        write_beginning(folder, config, state)
        number = self.library.id_of(folder)
        session = self.session(number)
        session.go()
        session.open_soon()
        return number

    @contextmanager
    def _new_folder(self, name: str) -> Iterator[Path]:
        """Make a folder for a run, which is removed if its beginning fails."""
        with self._lock:
            folder = new_folder(self.root, name)
            folder.mkdir(parents=True)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _ended(self, folder: Path) -> None:
        number = self.library.id_of(folder)
        session = self._sessions.get(number)
        if session is not None:
            session.ended()

    def _go_on(self) -> None:
        """Go on with the search that was running when the studio ended last."""
        for entry in self.library.entries():
            folder = self.library.find(entry.id)
            if not folder.summary.is_file() and read_state(RunFolder(folder.path)).wanted:
                session = self.session(entry.id)
                session.go()
                session.open_soon()
                return


def _whole(value: object, low: int, high: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ExperimentError(f"{name} must be a whole number from {low} to {high:,}.")
    return value
