"""A run that is opened to be heard: its target, its synth, and the sounds of its presets."""

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from threadpoolctl import threadpool_limits

from patchwright.experiments.config import ExperimentConfig, SearchConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.answer import differences
from patchwright.experiments.match.evaluator import Evaluator
from patchwright.experiments.match.setup import Setup, prepare
from patchwright.experiments.pages.level_picture import level_png
from patchwright.experiments.recordings.sound import DYNAMIC_RANGE, Picture, Sound, picture
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studio.progress import Progress
from patchwright.experiments.studio.state import key_of
from patchwright.objectives.differences import Differences
from patchwright.objectives.signal.loudness import loudness
from patchwright.synths import Note, Performance, Preset, Status
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_preset, write_preset
from patchwright.synths.whole_file import own_folder

TARGET = "target"
"""Key of the sound to match."""

_SOUNDS = 256  # renders that are kept
_PRESETS = 4096  # presets that are known by their keys
_TAIL = 0.6  # s after a note that is played


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound that is sent to the browser.

    Attributes:
        sound: Samples and rate.
        loudness: Integrated loudness in LUFS.
    """

    sound: Sound
    loudness: float

    @property
    def wav(self) -> bytes:
        """Content of a WAV file of floats, which need not fit into full scale."""
        file = io.BytesIO()
        samples = self.sound.audio.T.astype(np.float32)
        soundfile.write(file, samples, self.sound.sr, format="WAV", subtype="FLOAT")
        return file.getvalue()


class OpenRun:
    """A run, finished or not, with everything that listening needs.

    Args:
        folder: Folder of the run.
        config: Config of the run.
        workers: Renders in parallel.

    Raises:
        ExperimentError: If the target or the config is wrong.
        SynthError: If the synth does not open.
    """

    def __init__(self, folder: RunFolder, config: ExperimentConfig, *, workers: int) -> None:
        self.folder, self.config = folder, config
        # neither model, finalists nor starting points are needed to listen
        search = SearchConfig(method="random", finalists=[])
        listening = config.model_copy(update={"search": search})
        self.setup: Setup = prepare(listening, workers=workers)
        self.progress = Progress(folder, config, self.setup.subspace)
        self._evaluate: Evaluator = self.setup.evaluator()
        self._lock = threading.Lock()
        self._values: OrderedDict[str, Array] = OrderedDict()
        self._sounds: OrderedDict[tuple[str, Performance], Heard] = OrderedDict()
        self._words: dict[str, Differences] = {}
        self._answer: tuple[int, Array] | None = None  # when it was written, and its values
        self._target = _heard(self.setup.target.audio, config.sr)
        self._reference = float(picture(self._target.sound).power.max()) or 1.0

    def close(self) -> None:
        """End the processes of the synth."""
        self._evaluate.__exit__()
        self.setup.__exit__()

    @property
    def target(self) -> Heard:
        """The sound to match."""
        return self._target

    def add(self, values: Array) -> str:
        """Make a preset `[P]` known, and return its key."""
        row = self.setup.synth.space.snap(np.asarray(values, np.float64)[np.newaxis])[0]
        key = key_of(row)
        with self._lock:
            self._values[key] = row
            self._values.move_to_end(key)
            while len(self._values) > _PRESETS:
                self._values.popitem(last=False)
        return key

    def values(self, key: str) -> Array:
        """Return the values `[P]` of a preset.

        Raises:
            ExperimentError: If it is not known, as after a restart; the page then asks again.
        """
        with self._lock:
            found = self._values.get(key)
        if found is not None:
            return found
        # kept presets are looked up among the files, never by a name from the browser
        for path in sorted(self.folder.studio.glob("presets/*.json")):
            if path.stem == key:
                values = Preset.read(path, self.setup.synth.name, self.setup.synth.space).values
                self.add(values)
                return values
        raise ExperimentError("This sound is gone: reload the page.")

    def keep(self, key: str) -> None:
        """Write a preset to the folder of the run, so that a restart knows it."""
        folder = own_folder(own_folder(self.folder.studio) / "presets")
        path = folder / f"{key}.json"
        if not path.is_file():
            name = f"{self.config.target.name} {key[:4]}"
            preset = Preset(name, self.setup.synth.name, self.values(key))
            preset.write(path, self.setup.synth.space)

    def best(self) -> str | None:
        """Return the key of the nearest preset, or of the run's answer; None before the first."""
        path, synth = self.folder.best_preset, self.setup.synth
        if self.folder.summary.is_file() and path.is_file():
            written = path.stat().st_mtime_ns
            if self._answer is None or self._answer[0] != written:
                self._answer = written, Preset.read(path, synth.name, synth.space).values
            return self.add(self._answer[1])
        if not len(self.progress.genotypes):
            return None
        return self.add(self.setup.subspace.decode(self.progress.genotypes[:1])[0])

    def hear(self, key: str, performance: Performance | None = None) -> Heard:
        """Render a preset, or return the target.

        Args:
            key: Preset, or `TARGET`.
            performance: Notes to play; those of the match if None.

        Raises:
            ExperimentError: If the preset is not known, or fails to render.
        """
        if key == TARGET:
            return self._target
        played = performance or self.setup.performance
        with self._lock:
            known = self._sounds.get((key, played))
        if known is not None:
            return known
        renders = self.setup.synth.render(self.values(key)[np.newaxis], played)
        if renders.status[0] not in (Status.ok, Status.silent):
            fault = Status(renders.status[0]).name
            raise ExperimentError(f"This preset cannot be played ({fault}): choose another.")
        heard = _heard(renders.audio[0], played.sr)
        with self._lock:
            self._sounds[key, played] = heard
            while len(self._sounds) > _SOUNDS:
                self._sounds.popitem(last=False)
        return heard

    def note(self, pitch: int, velocity: int, held: float) -> Performance:
        """Return the performance of one note.

        Raises:
            SynthError: If a number is out of range.
        """
        note = Note(pitch=pitch, velocity=velocity, duration=held)
        return Performance.of((note,), tail=_TAIL, sr=self.config.sr)

    def words(self, key: str) -> Differences:
        """Hear what differs between a preset and the target."""
        known = self._words.get(key)
        if known is None:
            audio = self.hear(key).sound.audio.astype(np.float32)
            known = self._words[key] = differences(self.setup, audio)
        return known

    def spectrogram(self, key: str) -> bytes:
        """Draw the spectrogram of a preset or the target as PNG, all on the target's scale."""
        drawn = picture(_level(self.hear(key), self._target))
        return _png(drawn, self._reference)

    def distances(self, values: Array) -> Array:
        """Return the distances of presets `[n, P]` to the target, `[n]`, as the search counts."""
        genotypes = self.setup.subspace.encode(values)
        with threadpool_limits(limits=1, user_api="blas"):
            return self.progress.distance(self._evaluate(genotypes).scores)

    def portraits(self, keys: Sequence[str]) -> Array:
        """Return coarse spectrograms of presets in dB, `[n, bands x frames]`, at one level."""
        rows = [
            picture(_level(self.hear(key), self._target)).decibels(self._reference) for key in keys
        ]
        return np.stack([row.astype(np.float64).ravel() for row in rows])

    def write(self, key: str, path: Path) -> None:
        """Write a preset to a file, in the format of its suffix."""
        preset = Preset(self.config.target.name, self.setup.synth.name, self.values(key))
        write_preset(path, preset, self.setup.synth)

    def read(self, path: Path) -> str:
        """Read a preset file, and return the preset's key."""
        return self.add(read_preset(path, self.setup.synth).values)


def _heard(audio: np.ndarray, sr: int) -> Heard:
    samples = np.nan_to_num(np.asarray(audio, np.float64))
    measured = loudness(torch.from_numpy(samples[np.newaxis]), sr)
    return Heard(Sound(samples, sr), float(measured[0]))


def _level(heard: Heard, target: Heard) -> Sound:
    """Return a sound at the loudness of the target, as it is played."""
    gain = 10 ** ((target.loudness - heard.loudness) / 20) if heard.loudness > -69 else 1.0
    return Sound(heard.sound.audio * gain, heard.sound.sr)


def _png(drawn: Picture, reference: float) -> bytes:
    highest = int(DYNAMIC_RANGE)
    level = (drawn.decibels(reference).astype(int) + highest).astype(np.uint8)
    return level_png(level, highest, scale=2)
