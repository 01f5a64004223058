"""What is checked of a line before a search: that it is alive, how loud, how late, how noisy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.line import Line, Take, note_events
from patchwright.synths.hardware.messages import controller
from patchwright.synths.hardware.spec import HardwareSpec
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.rendering import SILENCE

FULL_SCALE = 0.999  # peak from which a recording counts as clipped
_PATIENCE = 2.0  # seconds in which a synth should fall silent
_NOISE = 0.3  # seconds of silence that are recorded
_LONGEST = 1.0  # latency that is looked for, in seconds
_NOTES = 3
_ABOVE = 3.0  # times the noise that a sound is louder than
_ONSET = 0.1  # of the peak of a note, at which it has begun
_ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 120, 121, 123


@dataclass(frozen=True, kw_only=True)
class LineCheck:
    """What was measured of a line.

    Attributes:
        latency: Samples from a note to its sound, the synth's attack included.
        jitter: Samples by which the latency of some notes differed.
        noise: Peak of the noise between notes.
        peak: Peak of the notes.
        sr: Sample rate in Hz.
    """

    latency: int
    jitter: int
    noise: float
    peak: float
    sr: int

    @property
    def silence(self) -> float:
        """Peak up to which a recording is silent."""
        return max(SILENCE, _ABOVE * self.noise)

    def in_words(self) -> str:
        """Return the measurements as a sentence without its end."""
        return (
            f"latency {1e3 * self.latency / self.sr:.1f} ms (± {1e3 * self.jitter / self.sr:.1f}), "
            f"noise {_decibels(self.noise)}, a note {_decibels(self.peak)} of full scale"
        )


def hush(line: Line, spec: HardwareSpec) -> None:
    """Release all notes, and centre pedals and wheels."""
    numbers = (_ALL_SOUND_OFF, _ALL_NOTES_OFF, _RESET)
    line.send([controller(number, 0, spec.channel) for number in numbers], spec.file.gap)


def check_line(line: Line, spec: HardwareSpec, sr: int) -> LineCheck:
    """Measure a line with the spec's default preset.

    Args:
        line: Line to the synth.
        spec: Spec of the synth.
        sr: Sample rate in Hz.

    Returns:
        What was measured.

    Raises:
        SynthError: If the input does not record at that rate, hears no note, or clips.
    """
    line.check(sr)
    hush(line, spec)
    line.send(spec.messages(spec.space.defaults), spec.file.gap)
    line.rest(max(spec.file.settle, 0.3))
    silent = line.record([], round(_NOISE * sr), sr, quiet=SILENCE, patience=_PATIENCE)
    noise = _peak(silent.audio)
    quiet = max(SILENCE, _ABOVE * noise)
    played = Performance(notes=(Note(pitch=60, duration=0.3),), length=_LONGEST + 0.3, sr=sr)
    events = note_events(played, spec.channel)
    takes: list[Take] = []
    for _ in range(_NOTES):
        takes.append(line.record(events, played.samples, sr, quiet=quiet, patience=_PATIENCE))
    peak = max(_peak(take.audio) for take in takes)
    if peak <= quiet:
        raise SynthError(
            f"{line.input} hears no note that {line.port} is sent on channel {spec.channel} (noise "
            f"{_decibels(noise)}, while it should sound {_decibels(peak)}): turn up the synth and "
            "the input, and check the cable, the synth's channel and --input."
        )
    if peak >= FULL_SCALE:
        raise SynthError(
            f"{line.input} clips when {line.port} plays a note: turn down the synth or the input."
        )
    onsets = [_onset(take.audio, quiet) for take in takes]
    return LineCheck(
        latency=int(np.median(onsets)),
        jitter=int(max(onsets) - min(onsets)),
        noise=noise,
        peak=peak,
        sr=sr,
    )


def _onset(audio: NDArray[np.float32], quiet: float) -> int:
    """Return the sample at which a sound `[c, t]` begins."""
    heard = np.abs(audio).max(axis=0)
    return int(np.argmax(heard >= max(quiet, _ONSET * heard.max())))


def _peak(audio: NDArray[np.float32]) -> float:
    return float(np.abs(audio).max(initial=0.0))


def _decibels(peak: float) -> str:
    return f"{20 * np.log10(peak):.0f} dB" if peak > 0 else "none"
