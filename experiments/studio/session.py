"""One run in the studio: its state, and everything that its page asks for."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.installs import install, installed, plan, undo
from patchwright.experiments.match.explored import is_unlocked
from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.studio import strands
from patchwright.experiments.studio.branch import branch_config
from patchwright.experiments.studio.knobs import Knob, knob_groups, short_text
from patchwright.experiments.studio.library import run_config
from patchwright.experiments.studio.matches import Matches, end_after
from patchwright.experiments.studio.open_run import TARGET, OpenRun
from patchwright.experiments.studio.progress import thinned
from patchwright.experiments.studio.state import (
    Scene,
    StudioState,
    read_state,
    write_state,
)
from patchwright.search import SearchError
from patchwright.synths import Preset
from patchwright.synths.presets.places import Listed
from patchwright.synths.whole_file import own_folder

_SWEEP = 7  # settings of a knob that is swept


class Session:
    """A run that is open in the studio.

    Several tabs share it; what changes it is done under a lock, one after the other.

    Args:
        id: Name by which the browser knows it.
        folder: Folder of the run.
        matches: Searches of the studio.
        workers: Renders in parallel.
        read_only: Whether nothing may be written.
    """

    def __init__(
        self, id: str, folder: RunFolder, matches: Matches, *, workers: int, read_only: bool
    ) -> None:
        self.id, self.folder = id, folder
        self.state = read_state(folder)
        self.config = run_config(folder)
        self._matches, self._workers, self._read_only = matches, workers, read_only
        self._opening = threading.Lock()
        self._changing = threading.RLock()
        self._run: OpenRun | None = None
        self._fault = ""

    # the run

    @property
    def run(self) -> OpenRun:
        """The run, opened when it is first listened to.

        Raises:
            ExperimentError: If it cannot be opened, or its knobs are still looked for.
        """
        with self._opening:
            if self._run is None:
                if not self.folder.config.is_file() and is_unlocked(self.config.synth):
                    raise ExperimentError("The knobs that matter are being found: wait for them.")
                self.config = run_config(self.folder)
                opened = OpenRun(self.folder, self.config, workers=self._workers)
                opened.progress.update()
                self._run = opened
            return self._run

    def open_soon(self) -> None:
        """Open the run in the background, so that its first sound is there at once."""

        def attempt() -> None:
            try:
                _ = self.run
            except ValueError as error:
                self._fault = str(error)

        threading.Thread(target=attempt, daemon=True).start()

    def close(self) -> None:
        """End the processes of the synth."""
        with self._opening:
            run, self._run = self._run, None
        if run is not None:
            run.close()

    # what the page shows

    def view(self) -> dict[str, Any]:
        """Return everything that changes in the page."""
        status = self._status()
        run = self._run
        shown: dict[str, Any] = {
            "status": status,
            "doing": self._matches.doing(self.folder.path),
            "error": self._matches.error(self.folder.path) or (self._fault if run is None else ""),
            "title": self.state.title or self.folder.path.resolve().name,
            "tags": list(self.state.tags),
            "notes": self.state.notes,
            "budget": self.config.search.renders,
            "report": self.folder.report.is_file(),
            "open": run is not None,
            "stopped": self.folder.summary.is_file() and self._ended_early(),
        }
        if run is None:
            return shown
        with self._changing:
            try:
                run.progress.update()
            except SearchError as error:
                shown["error"] = str(error)
            best, progress = run.best(), run.progress
            if status == "running" and progress.renders:
                spent = self.config.search.renders
                shown["doing"] = (
                    "Measuring the answer" if spent and progress.renders >= spent else ""
                )
            scene = self.state.scene
            for strand in scene.strands:
                run.values(strand.key)
            steps = thinned(progress.steps)
            return shown | {
                "native": run.setup.synth.suffix,
                "renders": progress.renders,
                "seconds": progress.seconds,
                "rate": progress.rate if status == "running" else 0.0,
                "left": progress.left() if status == "running" else None,
                "match": progress.match,
                "steps": [[step.renders, round(step.distance, 5)] for step in steps],
                "best": best,
                "chosen": scene.chosen or best,
                "follows": scene.chosen is None,
                "strands": [strand.model_dump() for strand in scene.strands],
                "undo": self.state.place > 0,
                "redo": self.state.place < len(self.state.scenes) - 1,
            }

    def _status(self) -> str:
        if self._matches.folder == self.folder.path:
            return "running"
        if self._matches.error(self.folder.path):
            return "failed"
        return "finished" if self.folder.summary.is_file() else "paused"

    def _ended_early(self) -> bool:
        return self.config.search.generations is not None

    def _end_after(self, generations: int | None) -> None:
        end_after(self.folder, generations)
        self.config = run_config(self.folder)

    # the search

    def search(self, what: str) -> None:
        """Pause the search, go on with it, or stop it and write the answer.

        Raises:
            ExperimentError: If there is no such action.
        """
        with self._changing:
            if what == "go":
                self.go()
            elif what == "pause":
                self._pause()
                self._change(self.state.model_copy(update={"wanted": False}))
            elif what == "stop":
                self._stop()
            else:
                raise ExperimentError("A search can be paused, stopped, or go on.")

    def go(self) -> None:
        """Begin the search, or go on with it."""
        if self.folder.config.is_file() and self.folder.summary.is_file():
            if not self._ended_early():
                raise ExperimentError("The budget is spent: search on from one of its sounds.")
            self._end_after(None)
        self._change(self.state.model_copy(update={"wanted": True}))
        self._matches.begin(self.folder.path, self.config.model_dump(mode="json"))

    def _pause(self) -> None:
        if self._matches.folder == self.folder.path:
            self._matches.pause()

    def _stop(self) -> None:
        self._pause()
        run = self.run
        run.progress.update()
        if not self.folder.config.is_file() or not run.progress.generations:
            self._change(self.state.model_copy(update={"wanted": False}))
            return
        self._end_after(max(run.progress.generations - 1, 1))
        self._change(self.state.model_copy(update={"wanted": True}))
        self._matches.begin(self.folder.path, {})

    def ended(self) -> None:
        """Note that the search ended by itself."""
        with self._changing:
            self._change(self.state.model_copy(update={"wanted": False}))

    def branch(
        self, folder: Path, start: str | None, locked: Sequence[str], renders: int
    ) -> ExperimentConfig:
        """Write the beginning of a new run that searches on from a preset; see `branch_config`."""
        liked = [strand.key for strand in self.state.scene.strands if strand.liked]
        return branch_config(
            self.run, folder, start=start, liked=liked, locked=locked, renders=renders
        )

    # strands

    def strands(self, what: str, key: str | None) -> None:
        """Find, breed, like, drop or choose strands, or undo or redo that.

        Raises:
            ExperimentError: If there is no such action, or no such strand.
        """
        with self._changing:
            scene = self.state.scene
            if what in ("undo", "redo"):
                self._change(self.state.moved(-1 if what == "undo" else 1))
                return
            if what == "find":
                scene = Scene(
                    strands=strands.found(self.run), chosen=scene.chosen, bred=scene.bred + 1
                )
            elif what == "follow":
                scene = scene.model_copy(update={"chosen": None})
            else:
                scene = self._with_strand(scene, what, self._known(key))
            for strand in scene.strands:
                self.run.keep(strand.key)
            self._change(self.state.with_scene(scene))

    def _with_strand(self, scene: Scene, what: str, key: str) -> Scene:
        if what == "choose":
            self.run.keep(key)
            return scene.model_copy(update={"chosen": key})
        if what == "breed":
            fresh = strands.bred(self.run, scene, key)
            return scene.model_copy(update={"strands": fresh, "bred": scene.bred + 1})
        if what == "drop":
            fresh = strands.replaced(self.run, scene, key)
            return scene.model_copy(update={"strands": fresh, "bred": scene.bred + 1})
        if what == "like":
            marked = tuple(
                strand.model_copy(update={"liked": not strand.liked})
                if strand.key == key
                else strand
                for strand in scene.strands
            )
            return scene.model_copy(update={"strands": marked})
        raise ExperimentError("Strands can be found, bred, liked, dropped and chosen.")

    # knobs

    def knobs(self, key: str) -> dict[str, list[Knob]]:
        """Return the parameters of a preset, in the groups of the synth."""
        setup = self.run.setup
        return knob_groups(setup.synth.space, setup.subspace, self.run.values(key))

    def bend(self, key: str, changes: dict[str, float]) -> tuple[str, dict[str, str]]:
        """Change parameters of a preset.

        Args:
            key: Preset.
            changes: Normalised values by name.

        Returns:
            The key of the new preset, and the texts of the changed values.

        Raises:
            SynthError: If a name is unknown.
            ExperimentError: If a value is not between 0 and 1.
        """
        run = self.run
        space, values = run.setup.synth.space, run.values(key).copy()
        for name, value in changes.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ExperimentError("A knob goes from 0 to 1.")
            values[space.index(name)] = value
        bent = run.add(values)
        row = run.values(bent)
        texts = {name: short_text(space[name], float(row[space.index(name)])) for name in changes}
        return bent, texts

    def sweep(self, key: str, name: str) -> list[dict[str, str]]:
        """Return presets in which one parameter is swept, with the texts of its values."""
        run = self.run
        parameter = run.setup.synth.space[name]
        count = min(parameter.levels or _SWEEP, _SWEEP)
        swept = []
        for value in np.linspace(0.0, 1.0, count):
            bent, texts = self.bend(key, {name: float(value)})
            swept.append({"key": bent, "text": texts[name]})
        return swept

    # presets where the synth lists them

    def planned(self, key: str, name: str) -> dict[str, Any]:
        """Return where a preset would be listed, and what is listed of this run already.

        Args:
            key: Preset.
            name: Name to show; empty for the run's.

        Raises:
            ExperimentError: If the name or a tag cannot be shown, or the synth has no instrument.
            SynthError: If no program lists presets of the synth in folders.
        """
        return self._shown_plan(self._plan(key, name))

    def install(self, key: str, name: str) -> dict[str, Any]:
        """Put a preset there; see `planned`.

        Raises:
            ExperimentError: See `planned`; also while the search goes on.
            SynthError: See `planned`.
            OSError: If a file cannot be written.
        """
        self._check_rests()
        with self._changing:
            listed = self._plan(key, name)
            install(self.folder, listed)
            return self._shown_plan(listed)

    def undo_installs(self) -> dict[str, Any]:
        """Remove what was installed from this run, and return what was changed since and is kept.

        Raises:
            ExperimentError: If nothing is installed, or while the search goes on.
        """
        self._check_rests()
        with self._changing:
            _, kept = undo(self.folder)
            return {"kept": list(map(str, kept))}

    def _plan(self, key: str, name: str) -> list[Listed]:
        synth = self.run.setup.synth
        shown = name or self.state.title or self.config.target.name
        preset = Preset(shown, synth.name, self.run.values(self._known(key)))
        return plan(preset, synth, name=shown, tags=self.state.tags)

    def _shown_plan(self, listed: Sequence[Listed]) -> dict[str, Any]:
        places = [{"by": each.by, "files": list(map(str, each.files))} for each in listed]
        return {"places": places, "installed": list(map(str, installed(self.folder)))}

    def _check_rests(self) -> None:
        if self._status() == "running":
            raise ExperimentError("The search writes to this run: pause it first.")

    # other

    def describe(self, title: str, tags: Sequence[str], notes: str) -> None:
        """Set the title, the tags and the notes of the run."""
        with self._changing:
            content = self.state.model_dump() | {"title": title, "tags": tags, "notes": notes}
            self._change(StudioState.model_validate(content))

    def _known(self, key: str | None) -> str:
        if key is None or key == TARGET:
            raise ExperimentError("Choose a sound first.")
        self.run.values(key)
        return key

    def _change(self, state: StudioState) -> None:
        self.state = state
        if not self._read_only:
            write_state(self.folder, state)


def write_beginning(folder: Path, config: ExperimentConfig, state: StudioState) -> RunFolder:
    """Write what a run is to be, before its search begins."""
    run = RunFolder(folder)
    own_folder(run.studio)
    content = config.model_dump(mode="json")
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_text(run.studio / "experiment.yaml", text)
    write_state(run, state)
    return run
