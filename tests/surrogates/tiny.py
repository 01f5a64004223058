"""A synth that renders in microseconds and fails on demand, and small datasets of it."""

import numpy as np

from patchwright.surrogates import SynthIdentity
from patchwright.surrogates.datasets import Card, Dataset, Features, NoteSet, Recipe, SplitShares
from patchwright.surrogates.datasets.block import BlockRenderer, embedding_widths
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset, render_in_threads
from patchwright.synths import Parameter, ParameterSpace, Renderings, Status
from patchwright.synths.performance import midi_to_hz
from patchwright.synths.rendering import judge

SR, LENGTH = 8_000, 0.1
FEATURES = Features.of(sr=SR, length=LENGTH, bands=8)
NOTES = NoteSet(duration=(0.05,))


class TinySynth:
    """Two channels of a tone; `fault` says how it fails."""

    name = "tiny"
    version = "1"
    suffix = None
    batch = 3
    space = ParameterSpace(
        (
            Parameter(name="level", kind="continuous", low=-50, high=0, default=0, unit="dB"),
            Parameter(name="bend", kind="continuous", low=-12, high=12, default=0),
            Parameter(name="octave", kind="integer", low=-1, high=2, default=0),
            Parameter(name="wave", kind="categorical", choices=("sine", "saw"), default="saw"),
            Parameter(
                name="fault",
                kind="categorical",
                choices=("none", "silent", "non_finite", "timeout", "crashed"),
                default="none",
            ),
            Parameter(name="wide", kind="boolean", default=False),
        )
    )

    def render(self, values, performance):
        real = self.space.readable(self.space.snap(values))
        audio = np.stack([self._sound(preset, performance) for preset in real])
        status = judge(audio)
        for row, preset in enumerate(real):
            if preset["fault"] in ("timeout", "crashed"):
                status[row] = Status[preset["fault"]]
        return Renderings(audio, status, np.full(len(audio), 1e-5))

    def _sound(self, preset, performance):
        time = np.arange(performance.samples) / performance.sr
        sound = np.zeros((2, len(time)), np.float32)
        if preset["fault"] in ("silent", "timeout", "crashed"):
            return sound
        for note in performance.notes:
            pitch = note.pitch + preset["bend"] + 12 * preset["octave"]
            phase = midi_to_hz(pitch) * (time - note.onset) % 1.0
            tone = np.sin(2 * np.pi * phase) if preset["wave"] == "sine" else 2 * phase - 1
            loud = 10 ** (preset["level"] / 20) * note.velocity / 127
            sound += (loud * tone * (time < note.end)).astype(np.float32)
        if preset["wide"]:
            sound[1] *= -0.5
        if preset["fault"] == "non_finite":
            sound[0, 7] = np.nan
        return sound

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def recipe(lock=None, **options):
    subspace = TinySynth.space.lock({"fault": "none"} if lock is None else lock)
    settings = {"presets": 100, "features": FEATURES, "length": LENGTH, "notes": NOTES}
    return Recipe(subspace=subspace, **(settings | options))


def card(made_of, *, splits=SplitShares(valid=0.2, test=0.3), versions=None):  # noqa: B008
    silence = np.zeros((2, round(LENGTH * SR)), np.float32)
    return Card.of(
        made_of,
        SynthIdentity.of("tiny", made_of.subspace, "1"),
        channels=2,
        embeddings=embedding_widths(made_of, silence),
        splits=splits,
        versions=versions or {},
    )


def render(made_of, *, workers=1):
    return render_in_threads(BlockRenderer(made_of, card(made_of), TinySynth()), workers=workers)


def make(folder, made_of=None, *, workers=1):
    made_of = recipe() if made_of is None else made_of
    begin_dataset(folder, card(made_of), resume=False)
    make_dataset(folder, card(made_of), render(made_of, workers=workers))
    return Dataset(folder)
