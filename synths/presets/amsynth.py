"""Presets of amsynth: banks, and the text that the plugin keeps as its state.

Both are lines of text: `amSynth` (a bank, closed by `EOF`) or `amSynth1.0preset` (one preset), then
`<preset> <name> NAME` and `<parameter> NAME VALUE`, as in amsynth's `PresetController.cpp` and
`Preset.cpp`. Values are amsynth's own; `normalise` converts them to what its plugin takes.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patchwright.synths.errors import SynthError, did_you_mean

LIMIT = 4 * 2**20  # bytes of a file
PRESETS = 128  # of a bank: amsynth 1.13 writes beyond its memory if there are more
_BANK, _STATE = "amSynth", "amSynth1.0preset"
_PRESET, _PARAMETER = "<preset> <name> ", "<parameter> "
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)

Parameters = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Range:
    """The values that one of amsynth's parameters can have.

    Attributes:
        low: The least; normalised 0.
        high: The greatest; normalised 1.
        default: Of a preset that does not name the parameter.
        step: 1 where amsynth rounds to whole numbers, else 0.
    """

    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    step: int = 0


def _whole(low: int, high: int, default: int) -> Range:
    return Range(low=low, high=high, default=default, step=1)


_TIME, _FULL = Range(high=2.5), Range(default=1.0)
_OFF, _WAVE = Range(low=-1.0, default=-1.0), _whole(0, 4, 2)

# in the plugin's order
RANGES: dict[str, Range] = {
    "amp_attack": _TIME,
    "amp_decay": _TIME,
    "amp_sustain": _FULL,
    "amp_release": _TIME,
    "osc1_waveform": _WAVE,
    "filter_attack": _TIME,
    "filter_decay": _TIME,
    "filter_sustain": _FULL,
    "filter_release": _TIME,
    "filter_resonance": Range(high=0.97),
    "filter_env_amount": Range(low=-16.0, high=16.0),
    "filter_cutoff": Range(low=-0.5, high=1.5, default=1.5),
    "osc2_detune": Range(low=-1.0),
    "osc2_waveform": _WAVE,
    "master_vol": Range(default=0.67),
    "lfo_freq": Range(high=7.5),
    "lfo_waveform": _whole(0, 6, 0),
    "osc2_range": _whole(-3, 4, 0),
    "osc_mix": Range(low=-1.0),
    "freq_mod_amount": Range(high=2 ** (1 / 3)),
    "filter_mod_amount": _OFF,
    "amp_mod_amount": _OFF,
    "osc_mix_mode": Range(),
    "osc1_pulsewidth": _FULL,
    "osc2_pulsewidth": _FULL,
    "reverb_roomsize": Range(),
    "reverb_damp": Range(),
    "reverb_wet": Range(),
    "reverb_width": _FULL,
    "distortion_crunch": Range(high=0.9),
    "osc2_sync": _whole(0, 1, 0),
    "portamento_time": Range(),
    "keyboard_mode": _whole(0, 2, 0),
    "osc2_pitch": _whole(-12, 12, 0),
    "filter_type": _whole(0, 4, 0),
    "filter_slope": _whole(0, 1, 1),
    "freq_mod_osc": _whole(0, 2, 0),
    "filter_kbd_track": _FULL,
    "filter_vel_sens": _FULL,
    "amp_vel_sens": _FULL,
    "portamento_mode": Range(),
}


def normalise(parameters: Mapping[str, float]) -> Parameters:
    """Convert amsynth's values to the plugin's.

    Values out of range are clipped and those of stepped parameters rounded, halves up, as amsynth
    does. The portamento mode has no steps in the plugin, but the sound takes its whole part, so
    0.98 means 0 ("always"), and is written as that.

    Args:
        parameters: From names to amsynth's values.

    Returns:
        From the same names to values in [0, 1].

    Raises:
        SynthError: If a name is unknown or a value NaN.
    """
    normalised = {}
    for name, value in parameters.items():
        span = _range(name)
        if math.isnan(value):
            raise SynthError(f"amsynth's {name} is not a number: correct it.")
        clipped = min(max(value, span.low), span.high)
        if name == "portamento_mode":
            clipped = math.floor(clipped)
        elif span.step:
            clipped = span.low + math.floor(clipped - span.low + 0.5)
        normalised[name] = (clipped - span.low) / (span.high - span.low)
    return normalised


def decode(data: bytes) -> list[tuple[str, Parameters]]:
    """Read a bank, or the one preset of a plugin's state.

    Args:
        data: The file's bytes, in UTF-8 or Latin-1.

    Returns:
        Names and parameters in the file's order. The parameters have amsynth's own values, exactly;
        those that the file leaves out are left out, and have amsynth's defaults. Names of
        parameters are not checked here, but `unused` ones are dropped, as amsynth does.

    Raises:
        SynthError: If it is neither, cut short, too large, or a line is not understood.
    """
    if len(data) > LIMIT:
        raise SynthError(f"An amsynth bank has {LIMIT:,} bytes at most: choose a bank file.")
    lines = [line.removesuffix("\r") for line in _text(data).rstrip("\0").split("\n")]
    if lines[0] not in (_BANK, _STATE):
        raise SynthError("This is not a bank of amsynth: choose a file whose first line says so.")
    if "EOF" in lines:
        del lines[lines.index("EOF") :]
    elif lines[0] == _BANK:
        raise SynthError("The amsynth bank is cut short, for its EOF is missing: copy it again.")
    presets: list[tuple[str, Parameters]] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(_PRESET):
            presets.append((line.removeprefix(_PRESET), {}))
        elif line.startswith(_PARAMETER) and presets:
            name, value = _parameter(line, number)
            if name != "unused":
                presets[-1][1][name] = value
        elif line.strip():
            raise SynthError(f"Line {number} of the amsynth preset is not understood: correct it.")
    if len(presets) > PRESETS or (lines[0] == _STATE and len(presets) != 1):
        most = PRESETS if lines[0] == _BANK else 1
        raise SynthError(f"{len(presets)} amsynth presets are in a file for {most}: split it.")
    return presets


def encode(presets: Sequence[tuple[str, Mapping[str, float]]]) -> bytes:
    """Write a bank that amsynth reads; `decode` gives back the same numbers.

    Args:
        presets: At most 128 names and parameters with amsynth's own values.

    Raises:
        SynthError: If there are too many, a name has a line break, a parameter is unknown (with
            which amsynth crashes), or a value is not finite.
    """
    if len(presets) > PRESETS:
        raise SynthError(f"An amsynth bank has {PRESETS} presets at most: write several banks.")
    body = "".join(_written(name, parameters) for name, parameters in presets)
    return f"{_BANK}\n{body}EOF\n".encode()


def encode_state(name: str, parameters: Mapping[str, float]) -> bytes:
    """Write one preset as the plugin's state, the chunk of an `FPCh` file.

    All parameters are written, because the plugin keeps the old values of those left out; and a 0
    byte at the end, because amsynth 1.13 does not look at the chunk's size, and crashes on what
    it finds behind it. States that the plugin itself saved lack that byte.

    Raises:
        SynthError: As for `encode`.
    """
    whole = {key: parameters.get(key, span.default) for key, span in RANGES.items()}
    # the plugin reads the name as words up to <parameter>, so it needs one at least
    words = " ".join(name.replace(_PARAMETER.strip(), "").split()) or "unnamed"
    return f"{_STATE}\n{_written(words, whole | dict(parameters))}\0".encode()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _parameter(line: str, number: int) -> tuple[str, float]:
    words = line.removeprefix(_PARAMETER).split()
    if len(words) == 2 and len(words[1]) < 100 and _NUMBER.fullmatch(words[1]):
        value = float(words[1])
        if math.isfinite(value):
            return words[0], value
    raise SynthError(f"Line {number} of the amsynth preset is not a name and a number: correct it.")


def _range(name: str) -> Range:
    if name not in RANGES:
        raise SynthError(f"amsynth has no parameter {name!r}: {did_you_mean(name, RANGES)}")
    return RANGES[name]


def _written(name: str, parameters: Mapping[str, float]) -> str:
    if re.search(r"[\n\r\0\ud800-\udfff]", name):
        raise SynthError(f"The preset's name {name!r} cannot be written on a line: rename it.")
    lines = [f"{_PRESET}{name}\n"]
    for key, value in parameters.items():
        _range(key)
        if not math.isfinite(value):
            raise SynthError(f"amsynth's {key} cannot be {value}: give a finite number.")
        lines.append(f"{_PARAMETER}{key} {float(value)!r}\n")
    return "".join(lines)
