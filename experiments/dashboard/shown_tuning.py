"""Tunings as studies in the dashboard."""

from pathlib import Path

from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage

from patchwright.experiments.studies.journal import TUNE_JOURNAL, named_damage, read_journal
from patchwright.experiments.studies.new_study import new_study

_MEND = "remove it, then tune again"


class ShownTuning:
    """A tuning in the dashboard, with the trials that have ended so far.

    Args:
        folder: Folder of the tuning.
        storage: Storage of the dashboard's studies.
        name: Name of its study in the dashboard.

    Attributes:
        study: Its study in the dashboard.

    Raises:
        ExperimentError: If the journal is damaged.
    """

    def __init__(self, folder: Path, storage: BaseStorage, name: str) -> None:
        self._path = folder / TUNE_JOURNAL
        self._journal = read_journal(self._path, _MEND)
        self.study = new_study(storage, name, ["log distance"], {"folder": str(folder.resolve())})
        self._count = 0

    def update(self, store: FileSystemArtifactStore) -> None:
        """Add the trials that ended since the last call; a tuning has no artifacts.

        Raises:
            ExperimentError: If the journal is damaged.
        """
        with named_damage(self._path, _MEND):
            for study in self._journal.get_all_studies():
                trials = self._journal.get_all_trials(study._study_id, deepcopy=False)
                ended = [trial for trial in trials if trial.state.is_finished()]
                self.study.add_trials(ended[self._count :])
                self._count = len(ended)
