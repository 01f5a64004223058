"""The notes of a recorded phrase, by Basic Pitch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.channels import one_channel
from patchwright.experiments.recordings.note_events import note_events
from patchwright.experiments.recordings.sound_file import read_samples
from patchwright.objectives.embeddings.onnx import open_session
from patchwright.synths import Note
from patchwright.synths.performance import in_order

INSTALL = "pip install --no-deps basic-pitch==0.4.0 && pip install 'onnxruntime>=1.18'"
"""Commands that install the model; its package asks for TensorFlow, which is not needed."""

_FILE = Path("saved_models") / "icassp_2022" / "nmp.onnx"
_ONSETS, _FRAMES = "StatefulPartitionedCall:2", "StatefulPartitionedCall:1"
_SR, _HOP = 22_050, 256
_WINDOW = 2 * _SR - _HOP  # samples that the network takes
_EDGE = 15  # frames at each end of a window that know only one side
_KEPT = 142  # frames of a window between them
_LOWEST = 21  # MIDI pitch of the first column: A0


def transcribe(
    path: str | Path, *, start: float | None = None, length: float | None = None
) -> tuple[Note, ...]:
    """Hear the notes of a phrase, of one or of many voices.

    Onsets are exact to some 20 ms, and ends less so; all velocities are 100. Overtones can be taken
    for notes, and quick repetitions for one.

    Args:
        path: Recording of up to 30 s, as for `read_recording`.
        start: Seconds to skip in the file.
        length: Seconds to read from there.

    Returns:
        Notes in order, with times from where reading started, in whole milliseconds.

    Raises:
        ExperimentError: The recording cannot be read, holds no note, or Basic Pitch is missing.
        ObjectiveError: onnxruntime is missing.

    Examples:
        ::

            from patchwright.synths.performance import notes_text

            print(notes_text(transcribe("phrase.wav")))
    """
    path = Path(path)
    model = _installed_file()
    if model is None:
        raise ExperimentError(
            f"Notes are heard by Basic Pitch, which is not installed: {INSTALL}; or give them with "
            "--notes or --midi."
        )
    read = read_samples(path, start=start or 0.0, length=length)
    mono, _ = one_channel(read, path)
    onsets, frames, times = _activations(model, soxr.resample(mono, read.sr, _SR, quality="HQ"))
    found = note_events(onsets, frames)
    if not found:
        raise ExperimentError(
            f"No note is heard in {path}: give the notes with --notes or --midi, or choose a part "
            "with --start and --length."
        )
    return in_order(
        Note(
            pitch=event.column + _LOWEST,
            onset=round(float(times[event.first]), 3),
            duration=round(float(times[event.stop - 1] - times[event.first]), 3),
        )
        for event in found
    )


def _installed_file() -> Path | None:
    """Return the model in the installed package, which is not imported; None without one."""
    spec = importlib.util.find_spec("basic_pitch")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / _FILE).is_file():
            return path
    return None


def _activations(
    model: Path, mono: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return onsets and frames `[k, 88]`, and the times of the frames `[k]` in seconds.

    Windows overlap, so that no frame that is kept is near an end of one.
    """
    session = open_session(model)
    hop = _WINDOW - 2 * _EDGE * _HOP
    starts = np.arange(0, len(mono), hop)
    padded = np.pad(mono, (_EDGE * _HOP, _WINDOW))
    name = session.get_inputs()[0].name
    parts = [
        session.run([_ONSETS, _FRAMES], {name: padded[None, first : first + _WINDOW, None]})
        for first in starts
    ]
    onsets, frames = (
        np.concatenate([part[kind][0, _EDGE : _EDGE + _KEPT] for part in parts]).astype(np.float64)
        for kind in (0, 1)
    )
    times = (starts[:, np.newaxis] + _HOP * np.arange(_KEPT)).ravel() / _SR
    heard = times < len(mono) / _SR
    return onsets[heard], frames[heard], times[heard]
