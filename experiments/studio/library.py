"""All runs in a folder, found by IDs that the browser may know."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.studio.state import read_state
from patchwright.experiments.terminal.plain_text import shown
from patchwright.synths import SynthError
from patchwright.synths.yaml_file import read_yaml

_DEEPEST = 4  # folders below the root


@dataclass(frozen=True)
class Entry:
    """One run of the library.

    Attributes:
        id: Name by which the browser knows it.
        title: Name that is shown.
        target: Name of the target.
        synth: Name of the synth.
        match: Match of the answer, 0 to 1; None if the run is not finished.
        renders: Renders of a finished run.
        words: What still differs, in words.
        changed: Time of the last change, in seconds since 1970.
        tags: Words by which it is found.
        notes: Text of the user.
    """

    id: str
    title: str
    target: str
    synth: str
    match: float | None
    renders: int | None
    words: str
    changed: float
    tags: tuple[str, ...]
    notes: str

    @property
    def text(self) -> str:
        """Text in which words are looked for, in lower case."""
        parts = (self.title, self.target, self.synth, self.words, self.notes, *self.tags)
        return " ".join(parts).lower()


class Library:
    """The runs in a folder and in those within it.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, Path] = {}
        self._entries: dict[Path, tuple[tuple[float, ...], Entry]] = {}

    def id_of(self, path: Path) -> str:
        """Return the ID of a run's folder."""
        name = os.path.relpath(path, self.root).encode("utf-8", "surrogateescape")
        number = hashlib.sha256(name).hexdigest()[:12]
        self._folders[number] = path
        return number

    def find(self, number: str) -> RunFolder:
        """Return the folder of a run by its ID.

        Raises:
            ExperimentError: If there is none.
        """
        if number not in self._folders:
            for path in self._runs():
                self.id_of(path)
        found = self._folders.get(number)
        if found is None or not found.is_dir():
            raise ExperimentError("There is no such run: choose one in the library.")
        return RunFolder(found)

    def entries(self) -> list[Entry]:
        """Read all runs, the one changed last first; those that cannot be read are left out."""
        found = [entry for path in self._runs() if (entry := self._entry(path)) is not None]
        return sorted(found, key=lambda entry: -entry.changed)

    def _runs(self) -> Iterator[Path]:
        """Find the folders of runs, without following links."""
        for folder, names, files in os.walk(self.root):
            path = Path(folder)
            if "run.yaml" in files or (path / "studio" / "experiment.yaml").is_file():
                names.clear()
                yield path
            elif len(path.relative_to(self.root).parts) >= _DEEPEST:
                names.clear()
            names[:] = sorted(name for name in names if not name.startswith("."))

    def _entry(self, path: Path) -> Entry | None:
        run = RunFolder(path)
        times = tuple(
            file.stat().st_mtime if file.is_file() else 0.0
            for file in (run.config, run.summary, run.studio / "state.json")
        )
        known = self._entries.get(path)
        if known is not None and known[0] == times:
            return known[1]
        try:
            entry = self._read(run, max(*times, path.stat().st_mtime))
        except (ExperimentError, SynthError, OSError):
            return None
        self._entries[path] = times, entry
        return entry

    def _read(self, run: RunFolder, changed: float) -> Entry:
        config, state = run_config(run), read_state(run)
        summary = read_record(run, run.summary, Summary) if run.summary.is_file() else None
        return Entry(
            id=self.id_of(run.path),
            title=state.title or shown(run.path.resolve().name),
            target=", ".join(state.target_names) or config.target.name,
            synth=shown(config.synth.name),
            match=None if summary is None else summary.match,
            renders=None if summary is None else summary.renders,
            words="" if summary is None else summary.in_words(),
            changed=changed,
            tags=state.tags,
            notes=state.notes,
        )


def run_config(run: RunFolder) -> ExperimentConfig:
    """Read the config of a run, begun or not.

    Raises:
        ExperimentError: If it is wrong.
        SynthError: If it cannot be read.
    """
    path = run.config if run.config.is_file() else run.studio / "experiment.yaml"
    return check_experiment(read_yaml(path), str(path))
