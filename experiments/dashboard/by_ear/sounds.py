"""Sounds and spectrograms of a preferential study in the dashboard."""

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
"""User attribute with the ID of the artifact that the dashboard plays for a candidate."""

_PAUSE = 0.4  # s between target and candidate


class Sounds:
    """Makes artifacts of sounds, all with the same gain and colour scale.

    Args:
        target: Sound to match; its peak is at half of full scale, to leave room for louder ones.
        store: Store of the artifacts.
    """

    def __init__(self, target: Sound, store: FileSystemArtifactStore) -> None:
        self._target = target
        self._gain = PEAK / 2 / max(target.peak, 1e-9)
        self._reference = float(picture(target).power.max())
        self._store = store

    def attach_target(self, study: Study) -> str:
        """Attach the target's sound and spectrogram to the study.

        Returns:
            Markdown that shows the spectrogram.
        """
        with TemporaryDirectory() as drawn:
            self._upload(self._wav(Path(drawn, "target.wav"), self._target), study)
            return self._picture(Path(drawn, "target.png"), self._target, study)

    def attach(self, sound: Sound, trial: Trial, target: str) -> None:
        """Attach to a trial its sound, its spectrogram, and a file with target and sound.

        The dashboard plays one artifact per candidate, so one click plays both sounds.

        Args:
            sound: Sound of the candidate.
            trial: Trial of the candidate.
            target: Markdown that shows the target's spectrogram.
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
        """Write sounds one after another, with less gain for those that would clip."""
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
        """Attach a spectrogram, and return Markdown that shows it."""
        write_png(path, picture(sound), self._reference)
        return f"![spectrogram]({get_artifact_path(place, self._upload(path, place))})"

    def _upload(self, path: Path, place: Study | Trial) -> str:
        """Attach a file, and return the ID of the artifact."""
        return upload_artifact(
            artifact_store=self._store, file_path=str(path), study_or_trial=place
        )
