"""Sounds of a trial, encoded for playing side by side."""

from pathlib import Path

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray

from patchwright.experiments.compare.listening.answers import ANCHOR, REFERENCE, ListeningTrial
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound import Sound, common_gain, encode, read_sound
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.objectives import Target, View

Samples = NDArray[np.float64]

PASS, STOP = 3_500.0, 4_000.0
"""Edges of the low anchor's pass band and stop band in Hz."""

_ATTENUATION = 60.0  # dB
_LEAST_SR = 9_000


def trial_sounds(trial: ListeningTrial, *, level: str) -> list[str]:
    """Encode the open reference and the stimuli of a trial, in the order of the key.

    All sounds share one gain, which scales the loudest to `PEAK` and keeps their relative levels,
    and one length: shorter sounds are padded with silence.

    Args:
        trial: Trial to encode.
        level: ``loudness`` or ``peak`` to match the level of the stimuli to the reference,
            ``absolute`` to keep it.

    Returns:
        16-bit FLAC files in base64.

    Raises:
        ExperimentError: If a sound is missing or damaged, or its sample rate is too low for the
            anchor.
    """
    any_run = next(RunFolder(Path(s.folder)) for s in trial.stimuli if s.folder)
    reference = _read(any_run, any_run.target)
    if reference.sr < _LEAST_SR:
        raise ExperimentError(
            f"At a sample rate of {reference.sr} Hz the low anchor, cut off at {PASS:.0f} Hz, is "
            "almost the reference itself: use runs with a higher sr."
        )
    sounds = [reference]
    for stimulus in trial.stimuli:
        if stimulus.sound == REFERENCE:
            sounds.append(reference)
        elif stimulus.sound == ANCHOR:
            sounds.append(Sound(low_anchor(reference.audio, reference.sr), reference.sr))
        else:
            folder = RunFolder(Path(stimulus.folder))
            sounds.append(_read(folder, folder.best_audio))
    audio = _aligned([sound.audio for sound in sounds])
    shown = View(level=level).prepare(Target(audio[0], reference.sr))
    levelled = [Sound(one, reference.sr) for one in shown(torch.from_numpy(audio)).numpy()]
    gain = common_gain(*levelled)
    return [encode(sound, gain) for sound in levelled]


def low_anchor(audio: Samples, sr: int) -> Samples:
    """Low-pass a sound at 3.5 kHz without delay.

    ITU-R BS.1534-3 requires a pass-band ripple of at most 0.1 dB, and an attenuation of at least
    25 dB at 4 kHz and 50 dB at 4.5 kHz; this filter reaches 58 dB at 4 kHz.

    Args:
        audio: Sound, `[c, t]`.
        sr: Sample rate in Hz, above 8,000.

    Returns:
        Filtered sound, `[c, t]`.
    """
    taps, beta = scipy.signal.kaiserord(_ATTENUATION, (STOP - PASS) / (sr / 2))
    kernel = scipy.signal.firwin(taps | 1, (PASS + STOP) / 2, window=("kaiser", beta), fs=sr)
    padded = np.pad(audio, ((0, 0), (len(kernel) // 2,) * 2))
    return np.asarray(scipy.signal.fftconvolve(padded, kernel[np.newaxis], "valid", axes=1))


def _read(folder: RunFolder, path: Path) -> Sound:
    try:
        return read_sound(path)
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"{path} is missing or damaged: run it again with '{folder.resume_command()}'."
        ) from error


def _aligned(sounds: list[Samples]) -> Samples:
    """Pad sounds `[c, t]` to the same number of channels and the same length: `[n, c, t]`."""
    channels = max(len(sound) for sound in sounds)
    length = max(sound.shape[1] for sound in sounds)
    padded = np.zeros((len(sounds), channels, length))
    for row, sound in zip(padded, sounds, strict=True):
        row[:, : sound.shape[1]] = sound  # mono is copied to all channels
    return padded
