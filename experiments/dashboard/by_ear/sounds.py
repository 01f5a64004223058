"""The sounds of a preferential study, as the dashboard plays and shows them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.study import Study
from optuna.trial import Trial
from optuna_dashboard import save_note
from optuna_dashboard.artifact import get_artifact_path

from patchwright.experiments.dashboard.spectrogram import write_png
from patchwright.experiments.recordings.sound import PEAK, Sound, picture
from patchwright.experiments.recordings.sound_file import write_audio

SHOWN = "played"
"""The user attribute that names what the dashboard's page of candidates plays."""

_PAUSE = 0.4  # s between the target and a candidate


class Sounds:
    """Makes sounds into artifacts, all at one level and with one scale of colours.

    Args:
        target: Which the others are compared with; it has room above it for louder ones.
        store: Where artifacts go.
    """

    def __init__(self, target: Sound, store: FileSystemArtifactStore) -> None:
        self._target = target
        self._gain = PEAK / 2 / max(target.peak, 1e-9)
        self._reference = float(picture(target).power.max())
        self._store = store

    def attach_target(self, study: Study) -> str:
        """Make the target's sound and spectrogram artifacts of the study.

        Returns:
            The spectrogram, as Markdown.
        """
        with TemporaryDirectory() as drawn:
            self._upload(self._wav(Path(drawn, "target.wav"), self._target), study)
            return self._picture(Path(drawn, "target.png"), self._target, study)

    def attach(self, sound: Sound, trial: Trial, target: str) -> None:
        """Give a candidate its sound, its spectrogram, and the target before it in one file.

        The page of candidates shows one artifact of each: so both are heard with one click.

        Args:
            sound: Of the candidate.
            trial: That it is.
            target: The target's spectrogram, as Markdown.
        """
        name = f"candidate-{trial.number}"
        pause = np.zeros((1, round(_PAUSE * sound.sr)))
        with TemporaryDirectory() as drawn:
            wav = self._wav(Path(drawn, f"target-then-{name}.wav"), self._target, pause, sound)
            trial.set_user_attr(SHOWN, self._upload(wav, trial))
            self._upload(self._wav(Path(drawn, f"{name}.wav"), sound), trial)
            image = self._picture(Path(drawn, f"{name}.png"), sound, trial)
        save_note(trial, f"{image}\n\nThe target:\n\n{target}")

    def _wav(self, path: Path, *sounds: Sound | np.ndarray) -> Path:
        """Write sounds one after another; one too loud to be played with the others is softer."""
        played = []
        for sound in sounds:
            if isinstance(sound, Sound):
                gain = min(self._gain, PEAK / max(sound.peak, 1e-9))
                played.append(sound.audio.mean(axis=0, keepdims=True) * gain)
            else:
                played.append(sound)
        write_audio(path, np.concatenate(played, axis=1), self._target.sr)
        return path

    def _picture(self, path: Path, sound: Sound, place: Study | Trial) -> str:
        write_png(path, picture(sound), self._reference)
        return f"![spectrogram]({get_artifact_path(place, self._upload(path, place))})"

    def _upload(self, path: Path, place: Study | Trial) -> str:
        return upload_artifact(
            artifact_store=self._store, file_path=str(path), study_or_trial=place
        )
