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
from patchwright.synths.parameters.shorthand import boolean, categorical, continuous, integer
from patchwright.synths.performance.notes import Note, Performance, midi_to_hz

BLOCK = 64  # samples between two values of a control signal; divides the filter's hop
_TAIL = 2e-3  # seconds from the end of the release to certain silence
_LOWEST_HZ = 8.0
_HIGHEST = 0.45  # highest frequency and cutoff, as a share of the sample rate
_CLEAN = 0.1  # input gain of the drive at 0 dB, where tanh is linear to 60 dB
_INTERVALS = {0: 12.0, 12: 5.0, -12: 5.0, 7: 3.0, 19: 2.0, 24: 2.0, -24: 1.0, 5: 1.0, -5: 1.0}


_OFTEN_OFF = Prior(point=0.0, mass=0.4)


def _seconds(name: str, high: float, default: float, typical: float, about: str) -> Parameter:
    prior = Prior(high=typical)
    return continuous(name, 0.0, high, default, about, unit="s", scale="cubic", prior=prior)


def _share(name: str, default: float, about: str) -> Parameter:
    return continuous(name, 0.0, 1.0, default, about)


def _depth(name: str, high: float, about: str, *, unit: str = "") -> Parameter:
    return continuous(name, 0.0, high, 0.0, about, unit=unit, scale="quadratic", prior=_OFTEN_OFF)


def _envelope(name: str, sustain: float) -> list[Parameter]:
    return [
        _seconds(f"{name}_attack", 4.0, 0.005, 0.6, "rise time"),
        _seconds(f"{name}_decay", 8.0, 0.4, 3.0, "time of the fall to the sustain level"),
        _share(f"{name}_sustain", sustain, "level while the key is held"),
        _seconds(f"{name}_release", 8.0, 0.2, 2.0, "time of the fall after the key's release"),
    ]


SPACE = ParameterSpace(
    (
        categorical("osc1_waveform", WAVEFORMS, "waveform of oscillator 1", default="saw"),
        integer(
            "osc1_octave",
            -2,
            2,
            0,
            "octaves from the key",
            unit="oct",
            weights=(0.05, 0.2, 0.5, 0.2, 0.05),
        ),
        continuous(
            "osc1_tune",
            -100.0,
            100.0,
            0.0,
            "fine tuning of oscillator 1",
            unit="cents",
            prior=Prior(low=-50, high=50, point=0.0, mass=0.5),
        ),
        continuous("osc1_width", 0.05, 0.95, 0.5, "share of a cycle in which the pulse is high"),
        categorical("osc2_waveform", WAVEFORMS, "waveform of oscillator 2", default="saw"),
        integer(
            "osc2_semitones",
            -24,
            24,
            0,
            "semitones from oscillator 1",
            unit="st",
            weights=[_INTERVALS.get(n, 0.25) for n in range(-24, 25)],
        ),
        continuous("osc2_tune", -50.0, 50.0, 6.0, "detuning of oscillator 2", unit="cents"),
        continuous("osc2_width", 0.05, 0.95, 0.5, "share of a cycle in which the pulse is high"),
        _share("osc_mix", 0.3, "0: only oscillator 1, 1: only oscillator 2"),
        _depth("osc_fm", 8.0, "phase modulation of oscillator 1 by oscillator 2", unit="rad"),
        _depth("noise_level", 1.0, "white noise"),
        continuous("drive", 0.0, 42.0, 0.0, "overdrive", unit="dB", prior=_OFTEN_OFF),
        categorical("filter_type", FILTERS, "type of the filter"),
        boolean("filter_four_pole", True, "24 dB per octave instead of 12"),
        continuous(
            "filter_cutoff", 30.0, 18_000.0, 4_000.0, "cutoff at C4", unit="Hz", scale="log"
        ),
        continuous("filter_resonance", 0.5, 16.0, 0.7, "quality factor", scale="log"),
        _share("filter_keytrack", 0.5, "octaves of cutoff per octave of keys"),
        continuous("filter_envelope", -6.0, 6.0, 0.0, "envelope to cutoff", unit="oct"),
        *_envelope("filter", 0.3),
        *_envelope("amp", 0.8),
        continuous("amp_level", -48.0, 0.0, -9.0, "loudness", unit="dB", prior=Prior(low=-24)),
        categorical("lfo_waveform", LFO_WAVEFORMS, "waveform of the LFO"),
        continuous("lfo_rate", 0.1, 20.0, 5.0, "frequency of the LFO", unit="Hz", scale="log"),
        _seconds("lfo_fade", 4.0, 0.0, 2.0, "time in which the LFO fades in"),
        continuous(
            "lfo_pitch",
            0.0,
            12.0,
            0.0,
            "vibrato",
            unit="st",
            scale="cubic",
            prior=Prior(high=3, point=0.0, mass=0.4),
        ),
        _depth("lfo_filter", 4.0, "LFO to cutoff", unit="oct"),
        _depth("lfo_amp", 1.0, "tremolo"),
        continuous(
            "pitch_envelope",
            -24.0,
            24.0,
            0.0,
            "pitch at the onset, from the key",
            unit="st",
            prior=Prior(point=0.0, mass=0.7),
        ),
        _seconds("pitch_decay", 2.0, 0.05, 0.5, "time of the fall to the key"),
    )
)


class Subtractive(TorchSynth):
    """The default synth: 35 parameters of all four kinds, polyphonic, mono output.

    Each voice is: (oscillator 1, phase-modulated by oscillator 2, mixed with oscillator 2 and
    noise) -> drive -> filter -> amplitude.

    Examples:
        >>> from patchwright.synths import Performance, parse_notes
        >>> synth = Subtractive()
        >>> values = synth.space.values([{"osc1_waveform": "pulse", "filter_cutoff": "800 Hz"}])
        >>> synth.render(values, Performance.of(parse_notes("C4+E4:0.1"), tail=0)).audio.shape
        (1, 1, 4410)
    """

    name = "subtractive"
    space = SPACE

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
    """Return audio `[n, t]` of one note of each preset, from columns `[n, 1]` of real values."""
    samples = len(noise)
    # one value per block, and one more frame than the filter reads
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
    # the smoothing of oscillator 1 needs the step of its modulated phase
    step1 = (step1 + torch.nn.functional.pad(push.diff(dim=1), (1, 0))).abs().clamp(1e-5, _HIGHEST)
    wave1 = oscillate(real["osc1_waveform"], phase1 + push, step1, real["osc1_width"])

    # zero after the release, so that a voice has the same bits however long the others last
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
    """Return phase and step of an oscillator `pitch` semitones above the key, `[n, t]` each."""
    frequency = midi_to_hz(note.pitch) * _exp2(pitch / 12)
    return integrate(frequency.clamp(_LOWEST_HZ, _HIGHEST * sr), BLOCK, sr, samples)


def _exp2(x: Tensor) -> Tensor:
    """Return two to the power of x; the bits of `torch.exp2` depend on the batch."""
    return torch.exp(math.log(2) * x)


@functools.lru_cache(maxsize=256)
def _noise(seed: int, voice: int, samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return white noise in [-1, 1), the same for every preset, `[samples]`."""
    rng = np.random.default_rng((seed, voice))
    return torch.from_numpy(rng.uniform(-1, 1, samples)).to(device, dtype)
