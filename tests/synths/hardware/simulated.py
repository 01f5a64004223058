"""A line to an instrument that exists in numbers only, and plays in no time."""

from collections.abc import Iterable

import mido
import numpy as np

from patchwright.synths.hardware.line import Event, Listener, Take

LATENCY = 700  # samples from a message to its sound
BLOCK = 128
SPEC = {
    "settle": 0.0,
    "gap": 0.0,
    "parameters": {
        "level": {"default": 100, "sends": {"cc": 7}},
        "brightness": {"default": 100, "sends": {"cc": 74}},
        "decay": {"default": 40, "sends": {"cc": 75}},
        "even": {"kind": "boolean", "default": True, "sends": {"cc": 80}},
    },
}


class SimulatedLine:
    """Plays a sum of partials; see `patchwright.synths.hardware.line.Line`.

    Args:
        gain: Gain of the input.
        noise: Peak of its noise.
        free: Whether the oscillator goes on between notes.
        gaps: Number of recordings that lose a part.
        rates: Rates that it records.
    """

    port = "simulated"
    input = "simulated input"
    channels = 1

    def __init__(self, *_, gain=0.3, noise=1e-5, free=False, gaps=0, rates=(44_100,)):
        self.gain, self.noise, self.free, self.gaps, self.rates = gain, noise, free, gaps, rates
        self.controls = {7: 0, 74: 0, 75: 0, 80: 0}
        self.recordings = 0
        self.rng = np.random.default_rng(0)

    def check(self, sr):
        from patchwright.synths.errors import SynthError

        if sr not in self.rates:
            raise SynthError(f"{self.input} cannot record at {sr} Hz: give --set sr=44100.")

    def send(self, messages: Iterable[bytes], gap: float) -> None:
        for message in mido.Parser(b"".join(messages)):
            if message.type == "control_change":
                self.controls[message.control] = message.value

    def rest(self, seconds: float) -> None:
        pass

    def record(self, events: Iterable[Event], samples, sr, *, quiet, patience) -> Take:
        self.recordings += 1
        sent: list[tuple[int, bytes]] = []
        at = 0
        listener = Listener(
            events,
            samples,
            1,
            sr,
            quiet=quiet,
            patience=patience,
            send=lambda message: sent.append((at, message)),
        )
        sound = np.zeros((1, samples + 5 * sr), np.float32)
        played = 0
        while not listener.done.is_set():
            for start, message in sent[played:]:
                self._add(sound[0], start + LATENCY, message, sr)
            played = len(sent)
            block = sound[:, at : at + BLOCK] * self.gain
            block = block + self.rng.uniform(-self.noise, self.noise, block.shape)
            listener.hear(np.clip(block, -1, 1).astype(np.float32), gap=self.gaps > 0)
            at += BLOCK
        self.gaps -= self.gaps > 0
        return listener.take()

    def close(self):
        pass

    def _add(self, sound, start, message, sr):
        note = mido.Message.from_bytes(message)
        if note.type != "note_on":
            return
        t = np.arange(len(sound) - start) / sr
        frequency = 440 * 2 ** ((note.note - 69) / 12)
        phase = self.rng.uniform(0, 2 * np.pi) if self.free else 0.0
        roll = 2.5 - self.controls[74] / 64
        step = 1 if self.controls[80] >= 64 else 2
        tone = sum(
            np.sin(2 * np.pi * k * frequency * t + k * phase + 1.0) / k**roll
            for k in range(1, 20, step)
        )
        envelope = np.exp(-t * (1 + self.controls[75] / 8))
        sound[start:] += self.controls[7] / 127 * envelope * tone * note.velocity / 127
