"""A tuning's study as the dashboard shows it."""

from pathlib import Path

from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.journal import TUNE_JOURNAL
from patchwright.experiments.studies.new_study import new_study


class ShownTuning:
    """A tuning that is shown: its trials that have ended so far.

    Args:
        folder: Of the tuning.
        storage: Where it is shown.
        name: What it is called there.

    Raises:
        ExperimentError: If its journal is damaged.
    """

    def __init__(self, folder: Path, storage: BaseStorage, name: str) -> None:
        path = folder / TUNE_JOURNAL
        try:
            self._journal = JournalStorage(JournalFileBackend(str(path)))
        except (ValueError, KeyError, TypeError) as error:
            raise ExperimentError(f"{path} is damaged: remove it, then tune anew.") from error
        self.study = new_study(storage, name, ["log distance"], {"folder": str(folder.resolve())})
        self._count = 0

    def update(self, store: FileSystemArtifactStore) -> None:
        """Add the trials that have ended since."""
        for found in self._journal.get_all_studies():
            trials = self._journal.get_all_trials(found._study_id, deepcopy=False)
            ended = [trial for trial in trials if trial.state.is_finished()]
            self.study.add_trials(ended[self._count :])
            self._count = len(ended)
