"""The effects, one entry each: those of pedalboard, our own, and the three classes of AutoFX.

The classes of AutoFX (D'Hooge; repository SonyCSLParis/AutoFX) have the ranges of its generator of
data: 15 parameters, all linear, drawn evenly.
"""

from patchwright.synths.effects.effect import Effect, Plugin
from patchwright.synths.effects.responses import MADE, checked
from patchwright.synths.parameters import Parameter, Scale
from patchwright.synths.parameters.shorthand import categorical, continuous

_ATTACK = continuous("attack", 0.1, 100, 5, "time to follow a rise", unit="ms", scale="log")
_RELEASE = continuous("release", 10, 1000, 100, "time to follow a fall", unit="ms", scale="log")
_RATIO = continuous("ratio", 1, 20, 4, "decibels in for one out", scale="log")
_DEPTH = continuous("depth", 0, 1, 0.25, "depth of the modulation")
_RATE = continuous("rate", 0.05, 20, 1, "speed of the modulation", unit="Hz", scale="log")
_FEEDBACK = continuous("feedback", 0, 0.95, 0, "share of the output that is fed back")
_MIX = continuous("mix", 0, 1, 0.5, "share of the wet sound")
_MODES = {
    "lowpass12": "LPF12",
    "highpass12": "HPF12",
    "bandpass12": "BPF12",
    "lowpass24": "LPF24",
    "highpass24": "HPF24",
    "bandpass24": "BPF24",
}


def _threshold(low: float, high: float, default: float) -> Parameter:
    return continuous("threshold", low, high, default, "level from which it acts", unit="dB")


def _cutoff(low: float, high: float, default: float) -> Parameter:
    return continuous("cutoff", low, high, default, "cutoff", unit="Hz", scale="log")


def _equaliser(name: str, about: str, plugin: str, cutoff: Parameter) -> Effect:
    gain = continuous("gain", -24, 24, 0, "gain", unit="dB")
    q = continuous("q", 0.25, 8, 0.7, "quality factor", scale="log")
    arguments = {"cutoff_frequency_hz": "cutoff", "gain_db": "gain", "q": "q"}
    return Effect(
        name,
        about,
        (cutoff, gain, q),
        (Plugin(plugin, arguments, frequencies=("cutoff_frequency_hz",)),),
    )


def _simple_filter(name: str, about: str, plugin: str, default: float) -> Effect:
    arguments = {"cutoff_frequency_hz": "cutoff"}
    return Effect(
        name,
        about,
        (_cutoff(20, 20_000, default),),
        (Plugin(plugin, arguments, frequencies=("cutoff_frequency_hz",)),),
    )


def _linear(name: str, low: float, high: float, about: str, unit: str = "") -> Parameter:
    """Return a parameter of AutoFX, in the middle by default."""
    scale: Scale = "linear"
    return continuous(name, low, high, (low + high) / 2, about, unit=unit, scale=scale)


_SHARES = {name: _linear(name, 0, 1, name) for name in ("depth", "feedback", "mix")}
_CHORUS = {
    "rate_hz": "rate",
    "depth": "depth",
    "centre_delay_ms": "centre_delay",
    "feedback": "feedback",
    "mix": "mix",
}
_DELAY = {"delay_seconds": "time", "feedback": "feedback", "mix": "mix"}


def _shelf(plugin: str, side: str) -> Plugin:
    arguments = {"cutoff_frequency_hz": "cutoff", "gain_db": "gain", "q": "q"}
    return Plugin(
        plugin,
        {keyword: f"{side}_{name}" for keyword, name in arguments.items()},
        frequencies=("cutoff_frequency_hz",),
    )


def _shelf_parameters(side: str, low: float, high: float) -> tuple[Parameter, ...]:
    return (
        _linear(f"{side}_cutoff", low, high, f"cutoff of the {side} shelf", "Hz"),
        _linear(f"{side}_gain", -10, 10, f"gain of the {side} shelf", "dB"),
        _linear(f"{side}_q", 0.5, 2, f"quality factor of the {side} shelf"),
    )


_ALL = (
    Effect(
        "gain",
        "louder or softer",
        (continuous("level", -36, 24, 0, "gain", unit="dB"),),
        (Plugin("Gain", {"gain_db": "level"}),),
    ),
    Effect(
        "compressor",
        "less difference between loud and soft",
        (_threshold(-60, 0, -20), _RATIO, _ATTACK, _RELEASE),
        (
            Plugin(
                "Compressor",
                {
                    "threshold_db": "threshold",
                    "ratio": "ratio",
                    "attack_ms": "attack",
                    "release_ms": "release",
                },
            ),
        ),
    ),
    Effect(
        "limiter",
        "loudness up to full scale, with make-up gain",
        (_threshold(-40, 0, -10), _RELEASE),
        (Plugin("Limiter", {"threshold_db": "threshold", "release_ms": "release"}),),
    ),
    Effect(
        "noise_gate",
        "silence where it is soft",
        (_threshold(-90, -10, -60), _RATIO, _ATTACK, _RELEASE),
        (
            Plugin(
                "NoiseGate",
                {
                    "threshold_db": "threshold",
                    "ratio": "ratio",
                    "attack_ms": "attack",
                    "release_ms": "release",
                },
            ),
        ),
    ),
    Effect(
        "distortion",
        "soft clipping (tanh) after a gain",
        (continuous("drive", 0, 60, 20, "gain before clipping", unit="dB"),),
        (Plugin("Distortion", {"drive_db": "drive"}),),
    ),
    Effect(
        "clipping",
        "hard clipping",
        (_threshold(-40, 0, -6),),
        (Plugin("Clipping", {"threshold_db": "threshold"}),),
    ),
    Effect(
        "bitcrush",
        "fewer levels of amplitude",
        (continuous("depth", 2, 16, 8, "depth", unit="bit"),),
        (Plugin("Bitcrush", {"bit_depth": "depth"}),),
    ),
    Effect(
        "ladder",
        "resonant ladder filter",
        (
            categorical("mode", tuple(_MODES), "response"),
            _cutoff(40, 16_000, 1000),
            continuous("resonance", 0, 1, 0, "resonance"),
            continuous("drive", 1, 20, 1, "gain into the filter", scale="log"),
        ),
        (
            Plugin(
                "LadderFilter",
                {
                    "mode": "mode",
                    "cutoff_hz": "cutoff",
                    "resonance": "resonance",
                    "drive": "drive",
                },
                frequencies=("cutoff_hz",),
                choices={choice: f"LadderFilter.{mode}" for choice, mode in _MODES.items()},
            ),
        ),
    ),
    _simple_filter("low_pass", "less above the cutoff, 6 dB per octave", "LowpassFilter", 5000),
    _simple_filter("high_pass", "less below the cutoff, 6 dB per octave", "HighpassFilter", 100),
    _equaliser("low_shelf", "gain below the cutoff", "LowShelfFilter", _cutoff(40, 2000, 200)),
    _equaliser(
        "high_shelf", "gain above the cutoff", "HighShelfFilter", _cutoff(500, 16_000, 4000)
    ),
    _equaliser("peak", "gain around the cutoff", "PeakFilter", _cutoff(40, 16_000, 1000)),
    Effect(
        "chorus",
        "chorus; flanger with a short delay and feedback, vibrato with a mix of 1",
        (
            _RATE,
            _DEPTH,
            continuous("centre_delay", 1, 50, 7, "mean delay", unit="ms", scale="log"),
            _FEEDBACK,
            _MIX,
        ),
        (Plugin("Chorus", _CHORUS),),
    ),
    Effect(
        "phaser",
        "phaser of six stages",
        (
            _RATE,
            _DEPTH,
            continuous("centre", 100, 5000, 1300, "centre frequency", unit="Hz", scale="log"),
            _FEEDBACK,
            _MIX,
        ),
        (
            Plugin(
                "Phaser",
                {
                    "rate_hz": "rate",
                    "depth": "depth",
                    "centre_frequency_hz": "centre",
                    "feedback": "feedback",
                    "mix": "mix",
                },
                frequencies=("centre_frequency_hz",),
            ),
        ),
    ),
    Effect(
        "tremolo",
        "level that rises and falls",
        (
            continuous("rate", 0.5, 20, 5, "speed of the modulation", unit="Hz", scale="log"),
            continuous("depth", 0, 1, 0.5, "share of the level that is taken away at most"),
        ),
        (Plugin("Tremolo", {"rate_hz": "rate", "depth": "depth"}),),
    ),
    Effect(
        "delay",
        "echoes",
        (
            continuous("time", 0.01, 1.5, 0.3, "time to the echo", unit="s", scale="log"),
            _FEEDBACK,
            _MIX,
        ),
        (Plugin("Delay", _DELAY),),
    ),
    Effect(
        "reverb",
        "room (Freeverb)",
        (
            continuous("room_size", 0, 1, 0.5, "size of the room"),
            continuous("damping", 0, 1, 0.5, "damping of high frequencies"),
            continuous("wet_level", 0, 1, 0.33, "level of the room"),
            continuous("dry_level", 0, 1, 0.4, "level of the dry sound"),
            continuous("width", 0, 1, 1, "width in stereo"),
        ),
        (
            Plugin(
                "Reverb",
                {
                    name: name
                    for name in ("room_size", "damping", "wet_level", "dry_level", "width")
                },
            ),
        ),
    ),
    Effect(
        "convolution",
        "a room, or another response to an impulse",
        (categorical("response", MADE, "what is convolved with"), _MIX),
        (
            Plugin(
                "Convolution",
                {"response": "response", "mix": "mix"},
                choices={name: name for name in MADE},
            ),
        ),
    ),
    Effect(
        "pitch_shift",
        "another pitch at the same speed (Rubber Band); slow",
        (continuous("shift", -12, 12, 0, "shift", unit="semitones"),),
        (Plugin("PitchShift", {"semitones": "shift"}),),
    ),
    Effect(
        "autofx_modulation",
        "the class 'modulation' of AutoFX",
        (
            _linear("rate", 0.1, 10, "speed of the modulation", "Hz"),
            _SHARES["depth"],
            _linear("centre_delay", 0, 20, "mean delay", "ms"),
            _SHARES["feedback"],
            _SHARES["mix"],
        ),
        (Plugin("Chorus", _CHORUS),),
    ),
    Effect(
        "autofx_delay",
        "the class 'delay' of AutoFX",
        (
            _linear("time", 0, 1, "time to the echo", "s"),
            _SHARES["feedback"],
            _SHARES["mix"],
        ),
        (Plugin("Delay", _DELAY),),
    ),
    Effect(
        "autofx_distortion",
        "the class 'distortion' of AutoFX: distortion and two shelves",
        (
            _linear("drive", 0, 60, "gain before clipping", "dB"),
            *_shelf_parameters("low", 50, 500),
            *_shelf_parameters("high", 500, 2000),
        ),
        (
            Plugin("Distortion", {"drive_db": "drive"}),
            _shelf("LowShelfFilter", "low"),
            _shelf("HighShelfFilter", "high"),
        ),
    ),
)

EFFECTS = {effect.name: effect for effect in _ALL}
"""Effects by name."""


def convolution_with(path: str) -> Effect:
    """Return the effect that convolves with a sound file.

    Raises:
        SynthError: If the file cannot be used.
    """
    return Effect(
        f"convolution:{path}",
        f"convolution with {path}",
        (_MIX,),
        (Plugin("Convolution", {"mix": "mix"}, constants={"response": path}),),
        version=f"{path} {checked(path)}",
    )
