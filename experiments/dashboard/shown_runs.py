"""Run folders as studies in memory, updated when the dashboard shows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from optuna_dashboard import save_note

from patchwright.experiments.dashboard.shown_tuning import ShownTuning
from patchwright.experiments.dashboard.spectrogram import write_png
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound import Sound, picture
from patchwright.experiments.records.finished_run import FinishedRun, read_run, read_sounds
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studies.journal import TUNE_JOURNAL
from patchwright.experiments.studies.run_study import RunStudy, Trials
from patchwright.experiments.terminal.console import errors
from patchwright.search import SearchError
from patchwright.synths import Preset, SynthError


class ShownRuns:
    """The runs and tunings in a folder as studies of one storage.

    A run can be watched while it is running: its trials are read from its evaluation log. When it
    is finished, its sounds and their spectrograms become artifacts. The run folders are only read.

    Args:
        root: Folder of a run or tuning, or folder that contains these at any depth.
        store: Store of the artifacts.

    Attributes:
        storage: Storage of the studies.

    Raises:
        ExperimentError: If the folder contains no run, or a run is damaged.
        SynthError: If a file of a run is damaged.
    """

    def __init__(self, root: Path, store: FileSystemArtifactStore) -> None:
        self.storage = _Storage()
        self._root = root
        self._store = store
        self._found: set[Path] = set()
        self._shown: dict[int, _ShownRun | ShownTuning] = {}
        self._lock = Lock()
        for path in _run_folders(root):
            self._add(path)
        if not self._found:
            raise ExperimentError(
                f"{root} contains no run: give the folder of a run, or one that contains runs."
            )

    def find(self) -> None:
        """Add the runs that began since the last call."""
        with self._lock:
            for path in _run_folders(self._root):
                if path not in self._found:
                    with _reported():
                        self._add(path)

    def update(self, study_id: int) -> None:
        """Add the evaluations of a study's run since the last call."""
        with self._lock, _reported():
            # a damaged run is reported once and no longer updated
            shown = self._shown.pop(study_id, None)
            if shown is not None:
                shown.update(self._store)
                self._shown[study_id] = shown

    def _add(self, path: Path) -> None:
        self._found.add(path)
        name = path.relative_to(self._root).as_posix()
        name = path.resolve().name if name == "." else name
        shown: _ShownRun | ShownTuning
        if (path / TUNE_JOURNAL).is_file():
            shown = ShownTuning(path, self.storage, name)
        else:
            run = RunStudy.read(path)
            shown = _ShownRun(run, run.create(self.storage, name))
        self._shown[shown.study._study_id] = shown


class _Storage(InMemoryStorage):
    def check_trial_is_updatable(self, trial_id: int, trial_state: TrialState) -> None:
        """Allow artifacts for finished trials: which are worth hearing is known at the end."""


class _ShownRun:
    """A run in the dashboard, up to the last generation read."""

    def __init__(self, run: RunStudy, study: Study) -> None:
        self._run = run
        self.study = study
        self._trials = Trials(run)
        self._finished = False

    def update(self, store: FileSystemArtifactStore) -> None:
        """Add the new trials, and the sounds once the run is finished."""
        # checked before the log is read, so that the trials with sounds are in it
        finished = self._run.folder.summary.is_file()
        for trials in self._trials.logged():
            self.study.add_trials(trials)
        if finished and not self._finished:
            self._finished = True
            self._attach(read_run(self._run.folder.path), store)

    def _attach(self, found: FinishedRun, store: FileSystemArtifactStore) -> None:
        """Attach sounds and spectrograms to the study and to the trials of the front."""
        folder, summary = self._run.folder, found.summary
        sounds, space = read_sounds(found), found.space()
        pictures = [picture(sounds.target), picture(sounds.best)]
        reference = max(float(one.power.max()) for one in pictures)
        trials = self.study.get_trials(deepcopy=False)
        places: list[tuple[Path, Sound, Study | FrozenTrial]] = [
            (folder.target, sounds.target, self.study),
            (folder.best_audio, sounds.best, self.study),
        ]
        for name, sound in sounds.front.items():
            file = folder.front / f"{name}.json"
            number = self._trials.numbers.get(
                Preset.read(file, summary.synth, space).values.tobytes()
            )
            if number is None:
                raise folder.damaged(file, "a preset that was not rendered")
            trial = trials[number]
            places.append((folder.front / f"{name}.wav", sound, trial))
        with TemporaryDirectory() as drawn:
            for path, sound, place in places:
                png = Path(drawn, path.stem + ".png")
                write_png(png, picture(sound), reference)
                for file in (path, png):
                    upload_artifact(
                        artifact_store=store,
                        file_path=str(file),
                        study_or_trial=place,
                        storage=self.study._storage,
                    )
        numbers = [f"#{place.number}" for _, _, place in places if isinstance(place, FrozenTrial)]
        save_note(
            self.study,
            f"The best of {summary.renders} renders matches {summary.match:.0%}; it is trial "
            f"{numbers[0]}. The artifacts are the target and the best match. Trials of the Pareto "
            f"front with artifacts of their own: {', '.join(numbers)}.",
        )


def _run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders of tunings, and of runs that have begun, at any depth."""
    if (root / TUNE_JOURNAL).is_file():
        yield root
    if (root / "run.yaml").is_file():
        if RunFolder(root).synth.is_file():
            yield root
    elif root.is_dir():
        for child in sorted(root.iterdir()):
            if child.is_dir() and not child.is_symlink():
                yield from _run_folders(child)


@contextmanager
def _reported() -> Iterator[None]:
    """Print an error instead of raising it."""
    try:
        yield
    except (ExperimentError, SearchError, SynthError) as error:
        errors.print(str(error))
