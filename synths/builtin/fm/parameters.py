"""The 145 numbers of a DX7 voice as parameters, with the names and ranges of its panel."""

from patchwright.synths.builtin.fm.algorithms import ALGORITHMS, OPERATORS
from patchwright.synths.parameters import Parameter, ParameterSpace, Prior, Value
from patchwright.synths.parameters.shorthand import boolean, categorical, continuous, integer

MODES = ("ratio", "fixed")
CURVES = ("-lin", "-exp", "+exp", "+lin")
LFO_WAVEFORMS = ("triangle", "saw down", "saw up", "square", "sine", "sample and hold")
_COARSE = (3.0, 10.0, 5.0, 3.0, 2.0, 1.0, 1.0, 1.0) + (0.2,) * 24
_TRANSPOSE = {0: 20.0, 12: 2.0, -12: 2.0}
_ANY = Prior()


def _dial(name: str, default: float, about: str, prior: Prior = _ANY) -> Parameter:
    """Return a parameter from 0 to 99; the DX7 has only whole numbers."""
    return continuous(name, 0, 99, default, about, prior=prior)


def _range(low: float, high: float, point: Value | None = None, mass: float = 0.0) -> Prior:
    return Prior(low=low, high=high, point=point, mass=mass)


def _operator(number: int) -> list[Parameter]:
    name = f"op{number}"
    is_carrier = number == 1  # in every algorithm
    rates = (_range(60, 99), _range(20, 85), _range(0, 75), _range(35, 85))
    levels = (_range(80, 99), _range(60, 99), _range(30, 99), _range(0, 30, 0, 0.6))
    stages = ("attack", "decay", "second decay", "release")
    return [
        *(
            _dial(f"{name}_eg_rate{i}", 99, f"speed of the envelope's {stage}", prior)
            for i, (stage, prior) in enumerate(zip(stages, rates, strict=True), 1)
        ),
        *(
            _dial(f"{name}_eg_level{i}", 99 if i < 4 else 0, f"level after the {stage}", prior)
            for i, (stage, prior) in enumerate(zip(stages, levels, strict=True), 1)
        ),
        integer(f"{name}_breakpoint", 0, 99, 39, "key at which level scaling starts; 39 is C3"),
        _dial(f"{name}_left_depth", 0, "level scaling below that key", _range(0, 40, 0, 0.4)),
        _dial(f"{name}_right_depth", 0, "level scaling above that key", _range(0, 40, 0, 0.4)),
        categorical(f"{name}_left_curve", CURVES, "curve of the scaling below"),
        categorical(f"{name}_right_curve", CURVES, "curve of the scaling above"),
        integer(
            f"{name}_rate_scaling",
            0,
            7,
            0,
            "how much faster the envelope is on high keys",
            weights=(4, 2, 2, 2, 1, 1, 1, 1),
        ),
        integer(
            f"{name}_amp_sensitivity",
            0,
            3,
            0,
            "effect of the LFO on the amplitude",
            weights=(6, 2, 1, 1),
        ),
        integer(
            f"{name}_velocity_sensitivity",
            0,
            7,
            0,
            "effect of the velocity on the level",
            weights=(3, 2, 2, 2, 1, 1, 1, 1),
        ),
        _dial(
            f"{name}_output",
            99 if is_carrier else 0,
            "level: loudness of a carrier, modulation index of a modulator",
            _range(80, 99) if is_carrier else _range(30, 90),
        ),
        categorical(
            f"{name}_mode", MODES, "frequency as a ratio to the key or in Hz", weights=(0.95, 0.05)
        ),
        integer(
            f"{name}_coarse",
            0,
            31,
            1,
            "multiple of the key's frequency, 0 for half; fixed: power of ten",
            weights=_COARSE,
        ),
        _dial(
            f"{name}_fine",
            0,
            "hundredths added; fixed: hundredths of the power of ten",
            _range(0, 99, 0, 0.7),
        ),
        integer(
            f"{name}_detune",
            -7,
            7,
            0,
            "steps of about a cent",
            weights=[1 + 9 * (step == 0) for step in range(-7, 8)],
        ),
    ]


SPACE = ParameterSpace(
    (
        *(parameter for i in range(1, OPERATORS + 1) for parameter in _operator(i)),
        *(_dial(f"pitch_eg_rate{i}", 99, "speed of the pitch envelope") for i in range(1, 5)),
        *(
            _dial(f"pitch_eg_level{i}", 50, "pitch; 50 is the key", _range(40, 60, 50, 0.7))
            for i in range(1, 5)
        ),
        categorical("algorithm", ALGORITHMS, "routing of the operators"),
        continuous(
            "feedback",
            0,
            7,
            0,
            "modulation of one operator by its own past; doubles with each step",
            prior=_range(0, 6, 0, 0.25),
        ),
        boolean("osc_sync", True, "whether operators start at phase 0 with the key"),
        _dial("lfo_speed", 35, "1/16 to 47 Hz", _range(0, 75)),
        _dial("lfo_delay", 0, "time until the LFO starts", _range(0, 80, 0, 0.5)),
        _dial("lfo_pitch_depth", 0, "vibrato", _range(0, 50, 0, 0.3)),
        _dial("lfo_amp_depth", 0, "tremolo", _range(0, 80, 0, 0.3)),
        boolean("lfo_sync", True, "whether the LFO starts with the key"),
        categorical("lfo_waveform", LFO_WAVEFORMS, "waveform of the LFO"),
        integer(
            "lfo_pitch_sensitivity",
            0,
            7,
            3,
            "range of the vibrato, an octave at most",
            weights=(2, 4, 4, 3, 1, 0.5, 0.25, 0.25),
        ),
        integer(
            "transpose",
            -24,
            24,
            0,
            "semitones",
            weights=[_TRANSPOSE.get(step, 0.1) for step in range(-24, 25)],
        ),
    )
)
