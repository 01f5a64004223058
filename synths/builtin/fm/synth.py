"""An FM synth with the six operators, 32 algorithms and 145 parameters of the DX7."""

import functools
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.synths.builtin.fm import laws
from patchwright.synths.builtin.fm.algorithms import OPERATORS, route
from patchwright.synths.builtin.fm.envelopes import (
    level_envelope,
    lfo,
    pitch_envelope,
    release_time,
)
from patchwright.synths.builtin.fm.operators import BLOCK, operate
from patchwright.synths.builtin.fm.parameters import SPACE
from patchwright.synths.builtin.torch_synth import TorchSynth
from patchwright.synths.performance.notes import Note, Performance, midi_to_hz

_GAIN = 0.5  # of a note at full scale
_HIGHEST = 0.45  # highest frequency of an operator, as a share of the sample rate
_WHOLE = 2e-5  # a dial this close to a whole number is on it: float32 is no finer
_HOLDS = 4096  # levels of "sample and hold" before they repeat


class FM(TorchSynth):
    """The DX7's voice: six operators, 32 algorithms, 145 parameters, polyphonic, mono output.

    Each voice is: envelopes, LFO and scalings -> levels and frequencies of six operators, every
    64 samples -> phase modulation of operators by each other -> mean of those that are heard.

    Examples:
        Rendering compiles the operators on first use, which takes seconds::

            from patchwright.synths import Performance, parse_notes, read_preset

            synth = FM()
            preset = read_preset(Path("brass.syx"), synth)
            performance = Performance.of(parse_notes("C4+E4+G4:2"))
            renders = synth.render(preset.values[None], performance)
    """

    name = "fm"
    space = SPACE
    suffix = ".syx"

    def audio(self, values: Tensor, performance: Performance) -> Tensor:
        """Render with gradients; see `TorchSynth.audio`."""
        real = self._on_wholes(self.real(values))
        mix = values.new_zeros(len(values), performance.samples)
        for number, note in enumerate(performance.notes):
            start = round(note.onset * performance.sr)
            voice = _Voice(real, note, performance.sr, self.seed, number)
            samples = voice.samples(performance.samples - start)
            if samples > 0:
                after = performance.samples - start - samples
                mix = mix + torch.nn.functional.pad(voice.play(samples), (start, after))
        return (_GAIN * mix).unsqueeze(1)

    def _on_wholes(self, real: dict[str, Tensor]) -> dict[str, Tensor]:
        """Move values that float32 puts beside a whole number onto it; gradients stay."""
        columns = torch.cat(list(real.values()), dim=1)
        off = columns.detach().round() - columns.detach()
        columns = columns + torch.where(off.abs() < _WHOLE, off, 0.0)
        return dict(zip(real, columns.unsqueeze(-1).unbind(1), strict=True))


class _Voice:
    """One note of each preset.

    Args:
        real: Real values by parameter name, `[n, 1]` each.
        note: Note to play.
        sr: Sample rate in Hz.
        seed: Seed of free-running parts: phases without sync, and "sample and hold".
        number: Position of the note in its performance.
    """

    def __init__(
        self, real: dict[str, Tensor], note: Note, sr: int, seed: int, number: int
    ) -> None:
        self._real, self._note, self._sr = real, note, sr
        self._starts, self._holds = (
            torch.from_numpy(some).to(real["feedback"]) for some in _free_running(seed, number)
        )
        key = note.pitch + real["transpose"].round()
        scaling = laws.level_scaling(
            key,
            self._each("breakpoint").round(),
            (self._each("left_depth"), self._each("right_depth")),
            (self._each("left_curve"), self._each("right_curve")),
        )
        louder = laws.velocity_level(note.velocity, self._each("velocity_sensitivity"))
        faster = laws.rate_scaling(self._each("rate_scaling"), key)
        self._levels = torch.stack(
            [
                laws.level(self._each(f"eg_level{i}"), self._each("output"), scaling, louder)
                for i in range(1, 5)
            ]
        ).unsqueeze(-1)
        self._speeds = torch.stack(
            [laws.speed(self._each(f"eg_rate{i}"), faster) for i in range(1, 5)]
        ).unsqueeze(-1)
        self._octaves = laws.octaves_of_operator(
            math.log2(midi_to_hz(0)) + key / 12,
            self._each("mode"),
            self._each("coarse"),
            self._each("fine"),
            self._each("detune").round(),
        ).unsqueeze(-1)
        self._routing = route(_positions(real["algorithm"]))

    def samples(self, most: int) -> int:
        """Number of samples until every preset's voice is silent, up to `most`."""
        if not len(self._levels[0]):
            return 0
        levels, speeds = self._levels.detach(), self._speeds.detach()
        highest = levels.amax(dim=0)
        left = release_time(highest, levels[3], speeds[3])[..., 0].cpu()
        heard = torch.from_numpy(self._routing.heard) > 0
        seconds = self._note.duration + float(torch.where(heard, left, 0.0).max())
        if not seconds * self._sr < most:
            return most
        return min(most, math.ceil(seconds * self._sr) + 2 * BLOCK)

    def play(self, samples: int) -> Tensor:
        """Return audio `[n, samples]`."""
        real, gate = self._real, self._note.duration
        points = -(-samples // BLOCK) + 1
        like = real["feedback"]
        t = torch.arange(points, dtype=like.dtype, device=like.device) * (BLOCK / self._sr)
        wave = self._lfo(t)
        wait, growth = (x.unsqueeze(-1) for x in laws.lfo_onset(real["lfo_delay"]))
        depth = ((t - wait) / (growth + 1e-4)).clamp(0, 1)
        depth = torch.where(wait > 0, depth, torch.ones_like(depth))

        vibrato = laws.vibrato_octaves(real["lfo_pitch_depth"], real["lfo_pitch_sensitivity"])
        bend = vibrato.unsqueeze(-1) * depth * (2 * wave - 1) + self._pitch(t)
        bend = torch.where(self._each("mode").unsqueeze(-1) > 0.5, torch.zeros_like(bend), bend)
        hertz = torch.exp(math.log(2) * (self._octaves + bend))
        steps = (hertz / self._sr).clamp(max=_HIGHEST)

        tremolo = laws.tremolo_doublings(real["lfo_amp_depth"], self._each("amp_sensitivity"))
        level = level_envelope(t, gate, self._levels, self._speeds)
        level = level - tremolo.unsqueeze(-1) * (depth * (1 - wave))
        amplitudes = laws.amplitude(level)

        starts = self._starts * (1 - real["osc_sync"].round())
        feedback = laws.feedback_cycles(real["feedback"])[:, 0]
        return operate(steps, amplitudes, starts, feedback, self._routing, samples)

    def _lfo(self, t: Tensor) -> Tensor:
        """Return the LFO `[n, 1, k]`; without sync it runs from the start of the performance."""
        real = self._real
        speed, sync = laws.lfo_hertz(real["lfo_speed"]), real["lfo_sync"].round()
        start = sync * 0.5 + (1 - sync) * (speed * self._note.onset)
        phase = (start + speed * t).unsqueeze(1)
        return lfo(real["lfo_waveform"].unsqueeze(-1), phase, self._holds)

    def _pitch(self, t: Tensor) -> Tensor:
        """Return the pitch envelope in octaves, `[n, 1, k]`."""
        levels, speeds = (
            torch.stack([law(self._real[f"pitch_eg_{name}{i}"]) for i in range(1, 5)]).unsqueeze(-1)
            for name, law in (("level", laws.pitch_level), ("rate", laws.pitch_speed))
        )
        return pitch_envelope(t, self._note.duration, levels, speeds)

    def _each(self, name: str) -> Tensor:
        """Return a parameter of all operators, `[n, 6]`."""
        return torch.cat([self._real[f"op{i}_{name}"] for i in range(1, OPERATORS + 1)], dim=1)


def _positions(column: Tensor) -> NDArray[np.int64]:
    """Return the level numbers `[n]` of a choice."""
    return column[:, 0].detach().round().long().cpu().numpy()


@functools.lru_cache(maxsize=256)
def _free_running(seed: int, voice: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return phases `[6]` of unsynced operators, and levels `[_HOLDS]` of "sample and hold"."""
    rng = np.random.default_rng((seed, voice))
    return rng.random(OPERATORS), rng.random(_HOLDS)
