"""A subtractive synth: two oscillators and noise, drive, a resonant filter, envelopes, an LFO."""

import functools
import math

import numpy as np
import torch
from torch import Tensor

from patchwright.synths.builtin.filters import FILTERS, HOP, resonant_filter
from patchwright.synths.builtin.modulation import (
    LFO_WAVEFORMS,
    adsr,
    falling,
    integrate,
    interpolate,
    lfo,
)
from patchwright.synths.builtin.torch_synth import TorchSynth
from patchwright.synths.builtin.waveforms import WAVEFORMS, oscillate
from patchwright.synths.parameters import Parameter, ParameterSpace, Prior
from patchwright.synths.performance.notes import Note, Performance, midi_to_hz

BLOCK = 64  # samples between two values of a control signal; divides the filter's hop
_TAIL = 2e-3  # seconds after which a released voice is surely silent
_LOWEST_HZ = 8.0
_HIGHEST = 0.45  # of the sample rate, for oscillators and cutoff
_CLEAN = 0.1  # input gain of the drive at 0 dB, where tanh is straight to 60 dB
_INTERVALS = {0: 12.0, 12: 5.0, -12: 5.0, 7: 3.0, 19: 2.0, 24: 2.0, -24: 1.0, 5: 1.0, -5: 1.0}


def _space() -> ParameterSpace:
    def continuous(name: str, low: float, high: float, default: float, **more: object) -> Parameter:
        return Parameter(
            name=name,
            kind="continuous",
            low=low,
            high=high,
            default=default,
            **more,  # type: ignore[arg-type]
        )

    def choice(name: str, choices: tuple[str, ...], default: str, about: str) -> Parameter:
        return Parameter(
            name=name, kind="categorical", choices=choices, default=default, about=about
        )

    def seconds(name: str, high: float, default: float, typical: float, about: str) -> Parameter:
        return continuous(
            name,
            0.0,
            high,
            default,
            unit="s",
            scale="cubic",
            prior=Prior(high=typical),
            about=about,
        )

    def envelope(name: str, sustain: float) -> list[Parameter]:
        return [
            seconds(f"{name}_attack", 4.0, 0.005, 0.6, "rise time"),
            seconds(f"{name}_decay", 8.0, 0.4, 3.0, "time of the fall to the sustain level"),
            continuous(f"{name}_sustain", 0.0, 1.0, sustain, about="level while the key is held"),
            seconds(f"{name}_release", 8.0, 0.2, 2.0, "time of the fall after the key"),
        ]

    octaves = Prior(weights=(0.05, 0.2, 0.5, 0.2, 0.05))
    intervals = Prior(weights=tuple(_INTERVALS.get(n, 0.25) for n in range(-24, 25)))
    often_off = Prior(point=0.0, mass=0.4)
    return ParameterSpace(
        (
            choice("osc1_waveform", WAVEFORMS, "saw", "shape of oscillator 1"),
            Parameter(
                name="osc1_octave",
                kind="integer",
                low=-2,
                high=2,
                default=0,
                unit="oct",
                prior=octaves,
                about="octaves from the key",
            ),
            continuous(
                "osc1_tune",
                -100.0,
                100.0,
                0.0,
                unit="cents",
                prior=Prior(low=-50, high=50, point=0.0, mass=0.5),
                about="fine tuning of oscillator 1",
            ),
            continuous("osc1_width", 0.05, 0.95, 0.5, about="share of a cycle the pulse is high"),
            choice("osc2_waveform", WAVEFORMS, "saw", "shape of oscillator 2"),
            Parameter(
                name="osc2_semitones",
                kind="integer",
                low=-24,
                high=24,
                default=0,
                unit="st",
                prior=intervals,
                about="semitones from oscillator 1",
            ),
            continuous(
                "osc2_tune", -50.0, 50.0, 6.0, unit="cents", about="detuning of oscillator 2"
            ),
            continuous("osc2_width", 0.05, 0.95, 0.5, about="share of a cycle the pulse is high"),
            continuous("osc_mix", 0.0, 1.0, 0.3, about="0: oscillator 1 alone, 1: oscillator 2"),
            continuous(
                "osc_fm",
                0.0,
                8.0,
                0.0,
                unit="rad",
                scale="quadratic",
                prior=often_off,
                about="how far oscillator 2 moves the phase of oscillator 1",
            ),
            continuous(
                "noise_level",
                0.0,
                1.0,
                0.0,
                scale="quadratic",
                prior=often_off,
                about="white noise",
            ),
            continuous("drive", 0.0, 42.0, 0.0, unit="dB", prior=often_off, about="overdrive"),
            choice("filter_type", FILTERS, "lowpass", "what the filter lets pass"),
            Parameter(
                name="filter_four_pole",
                kind="boolean",
                default=True,
                about="24 dB an octave instead of 12",
            ),
            continuous(
                "filter_cutoff", 30.0, 18_000.0, 4_000.0, unit="Hz", scale="log", about="at C4"
            ),
            continuous("filter_resonance", 0.5, 16.0, 0.7, scale="log", about="quality factor"),
            continuous(
                "filter_keytrack", 0.0, 1.0, 0.5, about="octaves of cutoff an octave of keys"
            ),
            continuous(
                "filter_envelope", -6.0, 6.0, 0.0, unit="oct", about="how far the envelope moves it"
            ),
            *envelope("filter", 0.3),
            *envelope("amp", 0.8),
            continuous(
                "amp_level", -48.0, 0.0, -9.0, unit="dB", prior=Prior(low=-24), about="loudness"
            ),
            choice("lfo_waveform", LFO_WAVEFORMS, "sine", "shape of the modulation"),
            continuous("lfo_rate", 0.1, 20.0, 5.0, unit="Hz", scale="log", about="its speed"),
            seconds("lfo_fade", 4.0, 0.0, 2.0, "time in which it grows to its full depth"),
            continuous(
                "lfo_pitch",
                0.0,
                12.0,
                0.0,
                unit="st",
                scale="cubic",
                prior=Prior(high=3, point=0.0, mass=0.4),
                about="vibrato",
            ),
            continuous(
                "lfo_filter",
                0.0,
                4.0,
                0.0,
                unit="oct",
                scale="quadratic",
                prior=often_off,
                about="movement of the cutoff",
            ),
            continuous(
                "lfo_amp", 0.0, 1.0, 0.0, scale="quadratic", prior=often_off, about="tremolo"
            ),
            continuous(
                "pitch_envelope",
                -24.0,
                24.0,
                0.0,
                unit="st",
                prior=Prior(point=0.0, mass=0.7),
                about="pitch at the onset, from the key",
            ),
            seconds("pitch_decay", 2.0, 0.05, 0.5, "time in which it falls to the key"),
        )
    )


class Subtractive(TorchSynth):
    """The default synth: 35 parameters of all four kinds, polyphonic, mono output.

    Each voice is: (oscillator 1, its phase moved by oscillator 2, mixed with oscillator 2 and
    noise) -> drive -> filter -> amplitude.
    """

    name = "subtractive"
    space = _space()

    def audio(self, values: Tensor, performance: Performance) -> Tensor:
        """Render with gradients; see `TorchSynth.audio`."""
        real = self.real(values)
        mix = values.new_zeros(len(values), performance.samples)
        longest = float(real["amp_release"].detach().max()) if len(values) else 0.0
        for number, note in enumerate(performance.notes):
            start = round(note.onset * performance.sr)
            sounding = math.ceil((note.duration + longest + _TAIL) * performance.sr)
            samples = min(performance.samples - start, sounding + BLOCK)
            if samples > 0:
                noise = _noise(self.seed, number, performance.samples, self.dtype, self.device)
                voice = _voice(real, note, noise[:samples], performance.sr)
                mix = mix + torch.nn.functional.pad(
                    voice, (start, performance.samples - start - samples)
                )
        return mix.unsqueeze(1)


def _voice(real: dict[str, Tensor], note: Note, noise: Tensor, sr: int) -> Tensor:
    """One note of each preset: columns `[n, 1]` of real values to audio `[n, t]`."""
    samples = len(noise)
    # one value a block, and one more frame than the filter reads
    points = (-(-samples // HOP) + 2) * (HOP // BLOCK) + 1
    t = torch.arange(points, dtype=noise.dtype, device=noise.device) * (BLOCK / sr)
    fade = (t / (real["lfo_fade"] + 1e-6)).clamp(max=1)
    wobble = fade * lfo(real["lfo_waveform"], t * real["lfo_rate"])

    pitch = (
        12 * real["osc1_octave"]
        + real["osc1_tune"] / 100
        + real["lfo_pitch"] * wobble
        + real["pitch_envelope"] * falling(t, real["pitch_decay"])
    )
    interval = real["osc2_semitones"] + real["osc2_tune"] / 100
    phase2, step2 = _phase(pitch + interval, note, sr, samples)
    wave2 = oscillate(real["osc2_waveform"], phase2, step2, real["osc2_width"])
    phase1, step1 = _phase(pitch, note, sr, samples)
    push = real["osc_fm"] / (2 * math.pi) * wave2
    # the smoothing of oscillator 1 needs the speed at which its phase really moves
    step1 = (step1 + torch.nn.functional.pad(push.diff(dim=1), (1, 0))).abs().clamp(1e-5, _HIGHEST)
    wave1 = oscillate(real["osc1_waveform"], phase1 + push, step1, real["osc1_width"])

    # zero after the release, so that a voice has the same bits however long its neighbours last
    seconds = torch.arange(samples, dtype=noise.dtype, device=noise.device) / sr
    sounding = seconds < note.duration + real["amp_release"] + _TAIL

    gain = _CLEAN * 10 ** (real["drive"] / 20)
    source = torch.lerp(wave1, wave2, real["osc_mix"]) + real["noise_level"] * noise
    driven = torch.tanh(gain * source) * (sounding / torch.tanh(gain))

    movement = adsr(t, note.duration, *_stages(real, "filter"))
    octaves = (
        real["filter_keytrack"] * ((note.pitch - 60) / 12)
        + real["filter_envelope"] * movement
        + real["lfo_filter"] * wobble
    )
    cutoff = (real["filter_cutoff"] * _exp2(octaves)).clamp(20.0, _HIGHEST * sr)
    filtered = resonant_filter(
        driven,
        real["filter_type"],
        real["filter_four_pole"],
        cutoff[:, :: HOP // BLOCK],
        real["filter_resonance"],
        sr,
    )

    loudness = 10 ** (real["amp_level"] / 20) * (note.velocity / 127) ** 2
    tremolo = interpolate(1 - real["lfo_amp"] * (0.5 - 0.5 * wobble), BLOCK, samples)
    level = adsr(seconds, note.duration, *_stages(real, "amp"))
    return filtered * level * (tremolo * loudness)


def _stages(real: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        real[f"{name}_attack"],
        real[f"{name}_decay"],
        real[f"{name}_sustain"],
        real[f"{name}_release"],
    )


def _phase(pitch: Tensor, note: Note, sr: int, samples: int) -> tuple[Tensor, Tensor]:
    """Phase and its step of an oscillator `pitch` semitones above the key, `[n, t]` both."""
    frequency = midi_to_hz(note.pitch) * _exp2(pitch / 12)
    return integrate(frequency.clamp(_LOWEST_HZ, _HIGHEST * sr), BLOCK, sr, samples)


def _exp2(x: Tensor) -> Tensor:
    """Two to the power of x; `torch.exp2` has other bits in other batches."""
    return torch.exp(math.log(2) * x)


@functools.lru_cache(maxsize=256)
def _noise(seed: int, voice: int, samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """White noise in [-1, 1), the same for every preset: `[samples]`."""
    rng = np.random.default_rng((seed, voice))
    return torch.from_numpy(rng.uniform(-1, 1, samples)).to(device, dtype)
