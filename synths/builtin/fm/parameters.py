"""The 145 numbers of a DX7 voice as parameters, named and limited as on its panel."""

from patchwright.synths.builtin.fm.algorithms import ALGORITHMS, OPERATORS
from patchwright.synths.parameters import Parameter, ParameterSpace, Prior, Value

MODES = ("ratio", "fixed")
CURVES = ("-lin", "-exp", "+exp", "+lin")
LFO_WAVEFORMS = ("triangle", "saw down", "saw up", "square", "sine", "sample and hold")
_COARSE = (3.0, 10.0, 5.0, 3.0, 2.0, 1.0, 1.0, 1.0) + (0.2,) * 24
_TRANSPOSE = {0: 20.0, 12: 2.0, -12: 2.0}


def _dial(name: str, default: float, about: str, prior: Prior | None = None) -> Parameter:
    """A number from 0 to 99; the DX7 has the whole ones."""
    return Parameter(
        name=name,
        kind="continuous",
        low=0,
        high=99,
        default=default,
        prior=prior or Prior(),
        about=about,
    )


def _whole(
    name: str, low: int, high: int, default: int, about: str, prior: Prior | None = None
) -> Parameter:
    return Parameter(
        name=name,
        kind="integer",
        low=low,
        high=high,
        default=default,
        prior=prior or Prior(),
        about=about,
    )


def _choice(
    name: str, choices: tuple[str, ...], about: str, weights: tuple[float, ...] = ()
) -> Parameter:
    return Parameter(
        name=name,
        kind="categorical",
        choices=choices,
        default=choices[0],
        prior=Prior(weights=weights),
        about=about,
    )


def _switch(name: str, about: str) -> Parameter:
    return Parameter(name=name, kind="boolean", default=True, about=about)


def _range(low: float, high: float, point: Value | None = None, mass: float = 0.0) -> Prior:
    return Prior(low=low, high=high, point=point, mass=mass)


def _operator(number: int) -> list[Parameter]:
    name = f"op{number}"
    always_heard = number == 1  # operator 1 is heard in every algorithm
    rates = (_range(60, 99), _range(20, 85), _range(0, 75), _range(35, 85))
    levels = (_range(80, 99), _range(60, 99), _range(30, 99), _range(0, 30, 0, 0.6))
    stages = ("attack", "decay", "second decay", "release")
    return [
        *(
            _dial(f"{name}_eg_rate{i}", 99, f"speed of the envelope's {stage}", rates[i - 1])
            for i, stage in enumerate(stages, 1)
        ),
        *(
            _dial(f"{name}_eg_level{i}", 99 if i < 4 else 0, f"level after the {stage}", prior)
            for i, (stage, prior) in enumerate(zip(stages, levels, strict=True), 1)
        ),
        _whole(f"{name}_breakpoint", 0, 99, 39, "key that levels are scaled from; 39 is C3"),
        _dial(f"{name}_left_depth", 0, "level scaling below that key", _range(0, 40, 0, 0.4)),
        _dial(f"{name}_right_depth", 0, "level scaling above that key", _range(0, 40, 0, 0.4)),
        _choice(f"{name}_left_curve", CURVES, "its course below"),
        _choice(f"{name}_right_curve", CURVES, "its course above"),
        _whole(
            f"{name}_rate_scaling",
            0,
            7,
            0,
            "how much faster the envelope is on high keys",
            Prior(weights=(4, 2, 2, 2, 1, 1, 1, 1)),
        ),
        _whole(
            f"{name}_amp_sensitivity",
            0,
            3,
            0,
            "how much the LFO moves the amplitude",
            Prior(weights=(6, 2, 1, 1)),
        ),
        _whole(
            f"{name}_velocity_sensitivity",
            0,
            7,
            0,
            "how much the velocity moves the level",
            Prior(weights=(3, 2, 2, 2, 1, 1, 1, 1)),
        ),
        _dial(
            f"{name}_output",
            99 if always_heard else 0,
            "level: loudness where heard, else how far others are moved",
            _range(80, 99) if always_heard else _range(30, 90),
        ),
        _choice(f"{name}_mode", MODES, "frequency in keys or in Hz", (0.95, 0.05)),
        _whole(
            f"{name}_coarse",
            0,
            31,
            1,
            "multiple of the key's frequency, 0 a half; fixed: power of ten",
            Prior(weights=_COARSE),
        ),
        _dial(
            f"{name}_fine",
            0,
            "hundredths more; fixed: hundredths of the power of ten",
            _range(0, 99, 0, 0.7),
        ),
        _whole(
            f"{name}_detune",
            -7,
            7,
            0,
            "steps of about a cent",
            Prior(weights=tuple(1 + 9 * (step == 0) for step in range(-7, 8))),
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
        _choice("algorithm", ALGORITHMS, "which operators move which"),
        Parameter(
            name="feedback",
            kind="continuous",
            low=0,
            high=7,
            default=0,
            prior=_range(0, 6, 0, 0.25),
            about="how far the past of one operator moves it; doubles with each step",
        ),
        _switch("osc_sync", "operators start at phase 0 with the key"),
        _dial("lfo_speed", 35, "from 1/16 to 47 Hz", _range(0, 75)),
        _dial("lfo_delay", 0, "time until it begins", _range(0, 80, 0, 0.5)),
        _dial("lfo_pitch_depth", 0, "vibrato", _range(0, 50, 0, 0.3)),
        _dial("lfo_amp_depth", 0, "tremolo", _range(0, 80, 0, 0.3)),
        _switch("lfo_sync", "it starts with the key"),
        _choice("lfo_waveform", LFO_WAVEFORMS, "its shape"),
        _whole(
            "lfo_pitch_sensitivity",
            0,
            7,
            3,
            "range of the vibrato, an octave at most",
            Prior(weights=(2, 4, 4, 3, 1, 0.5, 0.25, 0.25)),
        ),
        _whole(
            "transpose",
            -24,
            24,
            0,
            "semitones",
            Prior(weights=tuple(_TRANSPOSE.get(step, 0.1) for step in range(-24, 25))),
        ),
    )
)
