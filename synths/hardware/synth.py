"""A hardware synth as a synth: a preset is sent, a performance is played, and it is recorded."""

import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import soundfile
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from patchwright.cache_folder import cache_folder
from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.address import port_of
from patchwright.synths.hardware.checks import FULL_SCALE, LineCheck, check_line, hush
from patchwright.synths.hardware.line import Line, note_events
from patchwright.synths.hardware.ports import PortLine
from patchwright.synths.hardware.spec import HardwareSpec, find_spec
from patchwright.synths.notice import warn
from patchwright.synths.parameters import Array
from patchwright.synths.performance.notes import Performance
from patchwright.synths.rendering import Renderings, Status, judge
from patchwright.synths.whole_file import own_folder, whole_file

_TRIES = 3  # recordings of a render, if parts of them are missing
_PATIENCE = 3.0  # seconds in which the sound of the last preset should have ended
_FULL = 2.0**23  # steps of 24 bits, as audio interfaces have them and FLAC keeps them


class _Recorder(Protocol):
    """Way to come by the recording of a preset."""

    def __call__(
        self, messages: Sequence[bytes], performance: Performance, check: LineCheck
    ) -> NDArray[np.float32] | None: ...


class HardwareSynth:
    """A synth that plays presets in real time; see `patchwright.synths.Synth`.

    It plays one preset at a time. Two recordings of a preset differ by noise at least; `keep` makes
    the synth a pure function nevertheless: what was recorded once is not recorded again.

    Args:
        name: Address, such as ``midi:minilogue``.
        spec: What its parameters send.
        line: Line to it.

    Attributes:
        spec: What its parameters send.
        space: Its parameters.
        line: Line to it.
        clipped: Number of recordings that clipped.
    """

    batch = 1

    def __init__(self, name: str, spec: HardwareSpec, line: Line) -> None:
        self.name = name
        self.spec = spec
        self.space = spec.space
        self.line = line
        self.clipped = 0
        self._folder: Path | None = None
        self._checks: dict[int, LineCheck] = {}
        self._lock = threading.Lock()
        self._held = FileLock(_lock_file(line.port))
        try:
            self._held.acquire(timeout=0)
        except Timeout:
            line.close()
            raise SynthError(
                f"{line.port} is in use by another run: wait until that has ended."
            ) from None

    @property
    def suffix(self) -> str | None:
        """Suffix of the instrument's own preset files; None if there is only JSON."""
        return self.spec.suffix

    @property
    def version(self) -> str:
        """Hash of the spec and the channel."""
        return self.spec.fingerprint

    def check(self, sr: int) -> LineCheck:
        """Measure the line at a sample rate, once; see `check_line`."""
        if sr not in self._checks:
            self._checks[sr] = check_line(self.line, self.spec, sr)
        return self._checks[sr]

    def seconds(self, performance: Performance) -> float:
        """Return about how long a render takes."""
        messages = len(self.spec.messages(self.space.defaults))
        return performance.length + 0.1 + self.spec.file.settle + messages * self.spec.file.gap

    def keep(self, folder: Path) -> None:
        """Keep recordings in a folder, and take those from it that are there.

        A search that was killed then loses one render, and what a report needs again is not played
        again.
        """
        self._folder = own_folder(folder)

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Record presets, one after the other; see `patchwright.synths.rendering.Synth.render`.

        Raises:
            SynthError: If the values do not fit the space, there are no notes, or the port or the
                input is gone.
        """
        return self._render(values, performance, self._kept_or_recorded)

    def record(self, values: Array, performance: Performance) -> Renderings:
        """Record presets as `render` does, whether they were recorded before or not."""
        return self._render(values, performance, self._recorded)

    def _render(self, values: Array, performance: Performance, one: _Recorder) -> Renderings:
        if not performance.notes:
            raise SynthError(f"{self.name} plays notes, and no dry sound: give it notes.")
        rows = self.space.snap(values)
        with self._lock:
            check = self.check(performance.sr)
            audio = np.zeros((len(rows), self.line.channels, performance.samples), np.float32)
            status, seconds = np.zeros(len(rows), np.int8), np.zeros(len(rows))
            for place, row in enumerate(rows):
                started = time.perf_counter()
                recorded = one(self.spec.messages(row), performance, check)
                seconds[place] = time.perf_counter() - started
                if recorded is None:
                    status[place] = Status.timeout
                    continue
                audio[place] = recorded
                quiet = np.abs(recorded).max(initial=0.0) <= check.silence
                status[place] = Status.silent if quiet else judge(recorded[np.newaxis])[0]
        return Renderings(audio, status, seconds)

    def _kept_or_recorded(
        self, messages: Sequence[bytes], performance: Performance, check: LineCheck
    ) -> NDArray[np.float32] | None:
        if self._folder is None:
            return self._recorded(messages, performance, check)
        file = self._folder / f"{_key(messages, performance)}.flac"
        if file.is_file():
            kept = _read(file, (self.line.channels, performance.samples))
            if kept is not None:
                return kept
        audio = self._recorded(messages, performance, check)
        if audio is not None:
            with whole_file(file) as part:
                soundfile.write(part, audio.T, performance.sr, format="FLAC", subtype="PCM_24")
        return audio

    def _recorded(
        self, messages: Sequence[bytes], performance: Performance, check: LineCheck
    ) -> NDArray[np.float32] | None:
        """Send a preset and record it; None if parts of every try are missing."""
        samples = check.latency + performance.samples
        events = note_events(performance, self.spec.channel)
        for _ in range(_TRIES):
            self.line.send(messages, self.spec.file.gap)
            self.line.rest(self.spec.file.settle)
            take = self.line.record(
                events, samples, performance.sr, quiet=check.silence, patience=_PATIENCE
            )
            hush(self.line, self.spec)
            if not take.gaps:
                break
        else:
            warn(
                f"{self.line.input} loses parts of its recordings: close other programs, or let "
                "its driver use larger blocks."
            )
            return None
        if take.restless:
            warn(
                f"{self.name} still sounded {_PATIENCE:g} s after a note: lock what sounds on, "
                "such as delays, drones and long releases."
            )
        audio = take.audio[:, check.latency :]
        if np.abs(audio).max(initial=0.0) >= FULL_SCALE:
            self.clipped += 1
            warn(
                f"A preset of {self.name} clips in {self.line.input}: turn it down, or lock "
                "its level."
            )
        steps = np.clip(np.rint(audio.astype(np.float64) * _FULL), -_FULL, _FULL - 1)
        return (steps / _FULL).astype(np.float32)

    def close(self) -> None:
        """Release the notes, the port and the input."""
        try:
            hush(self.line, self.spec)
        finally:
            self.line.close()
            self._held.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_hardware(
    address: str,
    *,
    spec: str | Path | None = None,
    input: str | None = None,
    inputs: Sequence[int] | None = None,
    channel: int | None = None,
) -> HardwareSynth:
    """Open a hardware synth.

    Args:
        address: ``midi:`` and the name of a MIDI output, or a part of it.
        spec: Spec file, or name of a shipped one; None for the shipped one for such ports.
        input: Name of the audio input, or a part of it; the default one if None.
        inputs: Channels of the input to record, from 1; the first two, or the only one, if None.
        channel: MIDI channel from 1, instead of the spec's.

    Raises:
        SynthError: If there is no such port, input or spec, or it is in use.

    Examples:
        ::

            with open_hardware("midi:minilogue", input="Scarlett") as synth:
                print(synth.check(44_100).in_words())
    """
    known = (
        None if spec is None else find_spec("", spec, channel=channel)
    )  # before ports are opened
    line = PortLine(port_of(address), input, inputs)
    try:
        found = known or find_spec(line.port, channel=channel)
    except SynthError:
        line.close()
        raise
    return HardwareSynth(address, found, line)


def _lock_file(port: str) -> Path:
    folder = cache_folder() / "ports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(port.encode()).hexdigest()[:16]}.lock"


def _key(messages: Sequence[bytes], performance: Performance) -> str:
    text = f"{b''.join(messages).hex()} {performance!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read(file: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Read a kept recording; None if it is damaged."""
    try:
        audio, _ = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, RuntimeError):
        return None
    kept = np.ascontiguousarray(audio.T)
    return kept if kept.shape == shape else None
