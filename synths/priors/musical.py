"""Musical priors of the built-in synths: what presets that people made have in common.

The numbers are statistics of presets that Debian ships: of the 28 banks of amsynth 1.13 without
near duplicates (2,891 presets) for `subtractive`, and of the 192 voices of the DX7 and the TX7 in
hexter 1.1 for `fm`. Ranges are from the first to the last decile, points and weights are the shares
counted, all rounded. What neither synth has keeps the synth's own prior, and is named below.
"""

import itertools
from collections.abc import Callable

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import ParameterSpace, Prior
from patchwright.synths.performance.notes import midi_to_hz
from patchwright.synths.priors.mixture import Mixture
from patchwright.synths.priors.parts import Part, written_prior


def musical_prior(space: ParameterSpace, synth: str) -> Mixture:
    """Return the musical prior of a built-in synth.

    Args:
        space: Space of the synth.
        synth: Name of the synth.

    Raises:
        SynthError: If it has none.
    """
    if synth not in PRIORS:
        raise SynthError(
            f"{synth} has no musical prior, only {', '.join(PRIORS)} have: choose another, or "
            "learn one from presets with 'patchwright prior learn'."
        )
    return PRIORS[synth](space)


def _between(low: float | None, high: float | None) -> Prior:
    return Prior(low=low, high=high)


def _often(
    point: float, mass: float, *, low: float | None = None, high: float | None = None
) -> Prior:
    return Prior(low=low, high=high, point=point, mass=mass)


def _levels(*weights: float) -> Prior:
    return Prior(weights=weights)


# share of presets by semitones between the oscillators, in per cent; others 0.8 on average
_INTERVALS = {
    **{0: 32, 12: 12, -12: 11.5, 24: 5.7, 7: 3, 19: 2.5, -24: 1.9, 5: 1.3, 10: 1.2, 3: 1.1},
    **{-7: 1.1, 8: 1.0, 16: 1.0},
}

# no counterpart in amsynth, and so its own prior: osc1_octave, osc1_width, osc2_width, amp_level,
# pitch_decay; a rare use is assumed of osc_fm, pitch_envelope and lfo_fade
_SUBTRACTIVE = {
    # amsynth's saw is a triangle at one end of its shape: 41 % for both
    "osc1_waveform": _levels(17, 14, 27, 32),
    "osc1_tune": _often(0, 0.9, low=-10, high=10),
    "osc2_waveform": _levels(16, 14, 27, 38),
    "osc2_semitones": _levels(*(_INTERVALS.get(n, 0.8) for n in range(-24, 25))),
    "osc2_tune": _often(0, 0.2, low=-8, high=25),
    "osc_fm": _often(0, 0.8, high=3),
    "noise_level": _often(0, 0.85, high=0.5),
    "drive": _often(0, 0.65, high=24),
    "filter_type": _levels(69, 13, 12),
    "filter_four_pole": _levels(29, 71),
    # multiples of the pitch, 0.6 to 60, at C4
    "filter_cutoff": _between(160, 16_000),
    "filter_resonance": _between(0.5, 4),
    "filter_keytrack": _often(1, 0.85, low=0.5),
    "filter_envelope": _often(0, 0.1, low=-2, high=4),
    # sine; triangle; saw up and down; square, noise and random, which are as restless
    "lfo_waveform": _levels(64, 13, 7, 16),
    "lfo_rate": _between(2, 10),
    "lfo_fade": _often(0, 0.8, high=1),
    # of the presets with vibrato, half have less than a tenth of a semitone
    "lfo_pitch": _often(0, 0.43, high=1),
    "lfo_filter": _often(0, 0.48, high=2),
    "lfo_amp": _often(0, 0.65, high=0.8),
    "pitch_envelope": _often(0, 0.95, low=-12, high=12),
}


def _shape(
    share: float,
    attack: Prior,
    decay: Prior,
    sustain: Prior,
    release: Prior,
    *,
    filter_attack: float,
    filter_decay: float,
) -> Part:
    return Part(
        share=share,
        priors={
            "amp_attack": attack,
            "amp_decay": decay,
            "amp_sustain": sustain,
            "amp_release": release,
            "filter_attack": _often(0, 0.25, high=filter_attack),
            "filter_decay": _often(0, 0.2, high=filter_decay),
            "filter_sustain": _often(0, 0.2, high=0.9),
        },
    )


_SHAPES = (
    _shape(  # struck or plucked
        0.38,
        _often(0, 0.3, high=0.013),
        _between(0.18, 4.9),
        _often(0, 0.95, high=0.1),
        _between(0.014, 1.4),
        filter_attack=0.14,
        filter_decay=2.2,
    ),
    _shape(  # held, with a quick attack
        0.375,
        _often(0, 0.15, high=0.046),
        _often(0, 0.25, high=3.4),
        _between(0.59, 1),
        _between(0.003, 1.3),
        filter_attack=0.53,
        filter_decay=2.2,
    ),
    _shape(  # slow: pads and strings
        0.14,
        _between(0.125, 2.5),
        _often(0, 0.15, high=8),
        _between(0.33, 0.98),
        _between(0.025, 4.6),
        filter_attack=4,
        filter_decay=7.6,
    ),
    _shape(  # falling to a low level
        0.1,
        _often(0, 0.2, high=0.042),
        _between(0.034, 5.4),
        _between(0.15, 0.47),
        _between(0.007, 1.3),
        filter_attack=0.72,
        filter_decay=5.9,
    ),
)


def _subtractive(space: ParameterSpace) -> Mixture:
    return written_prior(space, _SHAPES, _SUBTRACTIVE)


_COARSE = (19, 37, 12, 8, 5, 4, 1.7, 2.4, 2.5, 1, 0.8, 0.3, 1.1, 0.4, 0.9, 0.3, *(0.2,) * 16)
_TRANSPOSE = {0: 66, -12: 25, 12: 4, -24: 1.6, 24: 0.5}
_FM = {
    "feedback": _often(7, 0.55, low=0),
    "osc_sync": _levels(28, 72),
    "lfo_speed": _between(20, 42),
    "lfo_delay": _often(0, 0.5, high=62),
    "lfo_pitch_depth": _often(0, 0.63, high=36),
    "lfo_amp_depth": _often(0, 0.85),
    "lfo_sync": _levels(80, 20),
    "lfo_waveform": _levels(42, 2, 2, 2, 50, 2),
    "lfo_pitch_sensitivity": _levels(6, 28, 32, 17, 8, 3, 3, 4),
    "transpose": _levels(*(_TRANSPOSE.get(step, 0.1) for step in range(-24, 25))),
    **{f"pitch_eg_level{i}": _often(50, 0.93) for i in range(1, 5)},
}


def _operators(**priors: Prior) -> dict[str, Prior]:
    """Return priors of all six operators."""
    return {f"op{i}_{name}": prior for i in range(1, 7) for name, prior in priors.items()}


_FM_OPERATORS = _operators(
    eg_level1=_often(99, 0.8, low=60),
    eg_level4=_often(0, 0.95, high=50),
    eg_rate4=_between(17, 76),
    breakpoint=_levels(*(47 if i == 0 else 11 if i == 39 else 0.4 for i in range(100))),
    left_depth=_often(0, 0.88, high=50),
    right_depth=_often(0, 0.74, high=60),
    left_curve=_levels(83, 1, 2, 13),
    right_curve=_levels(77, 14, 1, 8),
    amp_sensitivity=_levels(93, 2, 1, 4),
    output=_often(99, 0.3, low=54),
    mode=_levels(94, 6),
    coarse=_levels(*_COARSE),
    fine=_often(0, 0.81),
    # 58 % none; slight ones, and the greatest of both signs
    detune=_levels(6, 1, 0.5, 1, 2, 4, 4.5, 58, 5, 3.5, 3, 1.5, 1.5, 0.7, 8),
)
_VOICES = (
    Part(  # struck: operators fall to silence while the key is held
        share=0.47,
        priors=_operators(
            eg_rate1=_often(99, 0.22, low=51),
            eg_rate2=_between(20, 88),
            eg_rate3=_between(3, 71),
            eg_level2=_often(0, 0.12, low=30),
            eg_level3=_often(0, 0.83),
            rate_scaling=_levels(20, 9, 18, 30, 11, 6, 3, 3),
            velocity_sensitivity=_levels(32, 14, 18, 12, 6, 7, 3, 8),
        ),
    ),
    Part(  # held
        share=0.53,
        priors=_operators(
            eg_rate1=_often(99, 0.29, low=41),
            eg_rate2=_between(14, 99),
            eg_rate3=_between(7, 99),
            eg_level2=_often(99, 0.28, low=45),
            eg_level3=_often(99, 0.19),
            rate_scaling=_levels(47, 8, 12, 17, 5, 3, 2, 5),
            velocity_sensitivity=_levels(61, 13, 10, 4, 2, 2, 1, 6),
        ),
    ),
)


def _fm(space: ParameterSpace) -> Mixture:
    return written_prior(space, _VOICES, _FM | _FM_OPERATORS)


_NOTES = range(36, 84)
_RATIOS = (
    lambda i: float(i),  # the harmonics
    lambda i: 2.0 ** (i - 1),  # octaves
    lambda i: 1.0,  # one pitch
    lambda i: (1.0, 1.5, 2.0, 3.0)[(i - 1) % 4],  # fifths and octaves
)
_TUNED = 0.9  # share of the oscillators that are exactly in tune


def _oscillators(space: ParameterSpace) -> Mixture:
    """Return a prior of notes C2 to B5, at which oscillators form harmonics or other consonances.

    No presets of this synth are known: which ratios are consonant is no statistic.
    """
    names = [name for name in space.names if name.endswith("_frequency")]
    parts = []
    for note, ratio in itertools.product(_NOTES, _RATIOS):
        pitches = [ratio(i) * midi_to_hz(note) for i in range(1, len(names) + 1)]
        priors = {
            name: _often(pitch, _TUNED)
            for name, pitch in zip(names, pitches, strict=True)
            if pitch <= space[name].high
        }
        parts.append(Part(share=1.0, priors=priors))
    return written_prior(space, parts, {})


PRIORS: dict[str, Callable[[ParameterSpace], Mixture]] = {
    "subtractive": _subtractive,
    "fm": _fm,
    "oscillators": _oscillators,
}
"""Musical priors by the name of the synth."""
