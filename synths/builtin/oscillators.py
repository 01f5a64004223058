"""Several oscillators in parallel: the simplest synth with permutation symmetry."""

import math

import torch
from torch import Tensor

from patchwright.synths.builtin.torch_synth import TorchSynth
from patchwright.synths.builtin.waveforms import WAVEFORMS, oscillate
from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import ParameterSpace, Prior
from patchwright.synths.parameters.shorthand import categorical, continuous
from patchwright.synths.performance.notes import Note, Performance

_SHAPES = {"sine": "sine", "square": "pulse", "saw": "saw"}  # to names in `WAVEFORMS`
_DEFAULT = 4
_MOST = 64
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 4000.0
_HIGHEST = 0.45  # highest frequency, as a share of the sample rate
_FADE = 5e-3  # seconds, at both ends of a note
_PEAK = 1.25  # highest peak of the smoothed waveforms, at any frequency


def _space(k: int) -> ParameterSpace:
    return ParameterSpace(
        tuple(
            parameter
            for number in range(1, k + 1)
            for parameter in (
                continuous(
                    f"osc{number}_frequency",
                    _LOWEST_HZ,
                    _HIGHEST_HZ,
                    min(110.0 * number, _HIGHEST_HZ),
                    "frequency, whatever the key",
                    unit="Hz",
                    scale="log",
                ),
                continuous(
                    f"osc{number}_amplitude",
                    0.0,
                    1.0,
                    1.0 if number == 1 else 0.5,
                    "loudness",
                    prior=Prior(low=0.05),
                ),
                categorical(f"osc{number}_waveform", tuple(_SHAPES), "waveform"),
            )
        )
    )


class Oscillators(TorchSynth):
    """The k-osc task: a sum of oscillators, each with a frequency, an amplitude and a waveform.

    Any order of the oscillators sounds the same, which makes the inverse problem ambiguous: it is
    the benchmark of Hayes et al., "Audio synthesizer inversion in symmetric parameter spaces with
    approximately equivariant flow matching" (2025). Frequencies are those of the preset: a note's
    pitch has no effect, only its times and velocity.

    Args:
        k: Number of oscillators, 1 to 64.
        seed: Seed of the synth's noise; without effect here.
        device: Device of the computation.
        dtype: Type of the computation; float64 serves to check gradients.

    Raises:
        SynthError: If `k` is out of range.

    Examples:
        >>> from patchwright.synths import Performance, parse_notes
        >>> synth = Oscillators(k=2)
        >>> values = synth.space.values([{"osc1_frequency": 220, "osc2_waveform": "saw"}])
        >>> synth.render(values, Performance.of(parse_notes("C4:0.1"), tail=0)).audio.shape
        (1, 1, 4410)
    """

    name = "oscillators"
    space = _space(_DEFAULT)

    def __init__(
        self,
        *,
        k: int = _DEFAULT,
        seed: int = 0,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if not 1 <= k <= _MOST:
            raise SynthError(f"There cannot be {k} oscillators: give k from 1 to {_MOST}.")
        self.k = k
        self.space = _space(k)
        super().__init__(seed=seed, device=device, dtype=dtype)

    def audio(self, values: Tensor, performance: Performance) -> Tensor:
        """Render with gradients; see `TorchSynth.audio`."""
        real = self.real(values)
        mix = values.new_zeros(len(values), performance.samples)
        for note in performance.notes:
            start = round(note.onset * performance.sr)
            samples = min(performance.samples - start, math.ceil(note.duration * performance.sr))
            if samples > 0 and len(values):
                voice = self._voice(real, note, samples, performance.sr)
                after = performance.samples - start - samples
                mix = mix + torch.nn.functional.pad(voice, (start, after))
        return mix.unsqueeze(1)

    def _voice(self, real: dict[str, Tensor], note: Note, samples: int, sr: int) -> Tensor:
        """Return the audio of one note of each preset, `[n, samples]`."""
        frequency, amplitude, waveform = (
            torch.cat([real[f"osc{i}_{name}"] for i in range(1, self.k + 1)])
            for name in ("frequency", "amplitude", "waveform")
        )
        positions = waveform.new_tensor([WAVEFORMS.index(name) for name in _SHAPES.values()])
        step = (frequency / sr).clamp(max=_HIGHEST)
        number = torch.arange(samples, device=step.device)
        # float64: in float32 the phase of a long note would drift audibly
        cycles = step.double() * number
        phase = (cycles - cycles.floor()).to(step.dtype)
        wave = oscillate(
            positions[waveform.round().long()],
            phase,
            step.expand_as(phase),
            torch.full_like(step, 0.5),
        )
        seconds = number.to(step.dtype) / sr
        fade = torch.minimum(seconds, note.duration - seconds).clamp(min=0) / _FADE
        loudness = (note.velocity / 127) ** 2 / (_PEAK * self.k)
        total, *others = (amplitude * wave).chunk(self.k)
        for other in others:
            total = total + other
        return total * (fade.clamp(max=1) * loudness)
