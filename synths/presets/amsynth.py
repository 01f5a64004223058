"""Presets of amsynth: banks, and the text that the plugin saves as its state.

Both are lines of text: `amSynth` (a bank, which ends with `EOF`) or `amSynth1.0preset` (one
preset), then `<preset> <name> NAME` and `<parameter> NAME VALUE`, as in amsynth's
`PresetController.cpp` and `Preset.cpp`. Values are in amsynth's own units; `normalise` converts
them to the plugin's.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import ParameterSpace
from patchwright.synths.presets.preset import Preset

MAX_BYTES = 4 * 2**20  # of a file
MAX_PRESETS = 128  # of a bank: with more, amsynth 1.13 writes beyond its memory
MAGIC = b"amSynth"  # first bytes of both
_BANK, _STATE = "amSynth", "amSynth1.0preset"
_PRESET, _PARAMETER = "<preset> <name> ", "<parameter> "
_NAMELESS = f"\n{_PRESET}\n".encode()
_PROPERTY = "<property> "  # a setting of the whole plugin, such as its tuning
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)

Parameters = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class NativeRange:
    """The values of one of amsynth's parameters.

    Attributes:
        low: Lowest value; normalised 0.
        high: Highest value; normalised 1.
        default: Value in presets that leave the parameter out.
        step: 1 if amsynth rounds to whole numbers, else 0.
    """

    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    step: int = 0


def _whole(low: int, high: int, default: int) -> NativeRange:
    return NativeRange(low=low, high=high, default=default, step=1)


_TIME, _FULL = NativeRange(high=2.5), NativeRange(default=1.0)
_OFF, _WAVE = NativeRange(low=-1.0, default=-1.0), _whole(0, 4, 2)

# in the plugin's order
RANGES: dict[str, NativeRange] = {
    "amp_attack": _TIME,
    "amp_decay": _TIME,
    "amp_sustain": _FULL,
    "amp_release": _TIME,
    "osc1_waveform": _WAVE,
    "filter_attack": _TIME,
    "filter_decay": _TIME,
    "filter_sustain": _FULL,
    "filter_release": _TIME,
    "filter_resonance": NativeRange(high=0.97),
    "filter_env_amount": NativeRange(low=-16.0, high=16.0),
    "filter_cutoff": NativeRange(low=-0.5, high=1.5, default=1.5),
    "osc2_detune": NativeRange(low=-1.0),
    "osc2_waveform": _WAVE,
    "master_vol": NativeRange(default=0.67),
    "lfo_freq": NativeRange(high=7.5),
    "lfo_waveform": _whole(0, 6, 0),
    "osc2_range": _whole(-3, 4, 0),
    "osc_mix": NativeRange(low=-1.0),
    "freq_mod_amount": NativeRange(high=2 ** (1 / 3)),
    "filter_mod_amount": _OFF,
    "amp_mod_amount": _OFF,
    "osc_mix_mode": NativeRange(),
    "osc1_pulsewidth": _FULL,
    "osc2_pulsewidth": _FULL,
    "reverb_roomsize": NativeRange(),
    "reverb_damp": NativeRange(),
    "reverb_wet": NativeRange(),
    "reverb_width": _FULL,
    "distortion_crunch": NativeRange(high=0.9),
    "osc2_sync": _whole(0, 1, 0),
    "portamento_time": NativeRange(),
    "keyboard_mode": _whole(0, 2, 0),
    "osc2_pitch": _whole(-12, 12, 0),
    "filter_type": _whole(0, 4, 0),
    "filter_slope": _whole(0, 1, 1),
    "freq_mod_osc": _whole(0, 2, 0),
    "filter_kbd_track": _FULL,
    "filter_vel_sens": _FULL,
    "amp_vel_sens": _FULL,
    "portamento_mode": NativeRange(),
}


def normalise(parameters: Mapping[str, float]) -> Parameters:
    """Convert amsynth's values to the plugin's.

    Values out of range are clipped and those of stepped parameters rounded, halves up, as amsynth
    does. The portamento mode has no steps in the plugin, which plays its whole part: 0.98 as 0.

    Args:
        parameters: Values in amsynth's units by parameter name.

    Returns:
        Values in [0, 1] by parameter name.

    Raises:
        SynthError: If a name is unknown or a value is NaN.
    """
    normalised = {}
    for name, value in parameters.items():
        span = _range(name)
        if math.isnan(value):
            raise SynthError(f"amsynth's {name} is not a number: correct it.")
        clipped = min(max(value, span.low), span.high)
        if span.step:
            clipped = span.low + math.floor(clipped - span.low + 0.5)
        normalised[name] = (clipped - span.low) / (span.high - span.low)
    return normalised


def decode(data: bytes) -> list[tuple[str, Parameters]]:
    """Read a bank, or the preset in a plugin's state.

    Args:
        data: Bytes of the file, in UTF-8 or Latin-1.

    Returns:
        Names and parameters of the presets, in the file's order. Values are exact, in amsynth's
        units; parameters that the file leaves out are left out. Parameter names are not checked,
        but those called `unused` are dropped, as in amsynth.

    Raises:
        SynthError: If the file is of another kind, truncated, too large or has an invalid line.
    """
    if len(data) > MAX_BYTES:
        raise SynthError(f"An amsynth bank has {MAX_BYTES:,} bytes at most: choose a bank file.")
    lines = [line.removesuffix("\r") for line in _text(data).rstrip("\0").split("\n")]
    if lines[0] not in (_BANK, _STATE):
        raise SynthError("This is not a bank of amsynth: choose a file that begins with amSynth.")
    if "EOF" in lines:
        del lines[lines.index("EOF") :]
    elif lines[0] == _BANK:
        raise SynthError("The amsynth bank is cut short (EOF is missing): copy it again.")
    presets: list[tuple[str, Parameters]] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(_PRESET):
            presets.append((line.removeprefix(_PRESET), {}))
        elif line.startswith(_PARAMETER) and presets:
            name, value = _parameter(line, number)
            if name != "unused":
                presets[-1][1][name] = value
        elif line.strip() and not line.startswith(_PROPERTY):
            raise SynthError(f"Line {number} of the amsynth preset is invalid: correct it.")
    if len(presets) > MAX_PRESETS or (lines[0] == _STATE and len(presets) != 1):
        most = MAX_PRESETS if lines[0] == _BANK else 1
        raise SynthError(
            f"There are {len(presets)} presets in an amsynth file for {most}: split it."
        )
    return presets


def decode_settings(data: bytes) -> list[tuple[str, dict[str, dict[str, float]]]]:
    """Read a bank or a state, with values as `Parameter.normalise` accepts them; see `decode`."""
    return [
        (name, {key: {"normalised": value} for key, value in normalise(parameters).items()})
        for name, parameters in decode(data)
    ]


def check_state(chunk: bytes) -> bytes:
    """Check a state before the plugin gets it, because amsynth ignores what it cannot read.

    Args:
        chunk: Chunk of a `FPCh` or `FBCh` file; bytes from a 0 byte on are ignored, as in amsynth.

    Returns:
        The chunk, with a name if it has none: amsynth 1.13 takes the next line for the missing
        name, and loses its parameter.

    Raises:
        SynthError: If the plugin would leave anything out, or crash.
    """
    text = chunk.split(b"\0")[0]
    if not text.startswith(f"{_STATE}\n".encode()):
        raise SynthError(
            f"The preset's content is not a state of amsynth (it must begin with {_STATE}): "
            "export the preset again."
        )
    normalise(decode(text)[0][1])
    return chunk.replace(_NAMELESS, _NAMELESS[:-1] + b"unnamed\n", 1)


def encode(presets: Sequence[tuple[str, Mapping[str, float]]]) -> bytes:
    """Write a bank, from which `decode` returns the same numbers.

    Args:
        presets: Up to 128 names and parameters, with values in amsynth's units.

    Returns:
        Bytes of the file.

    Raises:
        SynthError: If there are too many presets, a name has a line break, a parameter is unknown
            (amsynth would crash), or a value is not finite.
    """
    if len(presets) > MAX_PRESETS:
        raise SynthError(f"An amsynth bank has {MAX_PRESETS} presets at most: write several banks.")
    body = "".join(_written(name, parameters) for name, parameters in presets)
    return f"{_BANK}\n{body}EOF\n".encode()


def encode_state(name: str, parameters: Mapping[str, float]) -> bytes:
    """Write one preset as the plugin's state, the chunk of an `FPCh` file.

    All parameters are written, because the plugin keeps the old values of those left out. The
    state ends with a 0 byte, because amsynth 1.13 ignores the chunk's size and crashes on the bytes
    behind it; states saved by the plugin itself lack that byte.

    Args:
        name: Name of the preset.
        parameters: Values in amsynth's units by parameter name.

    Returns:
        Bytes of the chunk.

    Raises:
        SynthError: If a parameter is unknown, or a value is not finite.
    """
    whole = {key: parameters.get(key, span.default) for key, span in RANGES.items()}
    # the plugin reads the name as words up to <parameter>, so it needs at least one
    words = " ".join(name.replace(_PARAMETER.strip(), "").split()) or "unnamed"
    return f"{_STATE}\n{_written(words, whole | dict(parameters))}\0".encode()


def encode_preset(preset: Preset, space: ParameterSpace) -> bytes:
    """Write a preset of the amsynth plugin as a bank of one; see `encode`."""
    values = dict(zip(space.names, preset.values.tolist(), strict=True))
    natives = {
        name: span.low + (span.high - span.low) * values[name] for name, span in RANGES.items()
    }
    return encode([(preset.name, natives)])


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
    mend = "write decimals with a point" if "," in line else "correct it"
    raise SynthError(f"Line {number} of the amsynth preset is not a name and a number: {mend}.")


def _range(name: str) -> NativeRange:
    if name not in RANGES:
        raise SynthError(f"amsynth has no parameter {name[:60]!r}: {did_you_mean(name, RANGES)}")
    return RANGES[name]


def _written(name: str, parameters: Mapping[str, float]) -> str:
    if re.search(r"[\n\r\0\ud800-\udfff]", name):
        raise SynthError(f"The preset's name {name!r} does not fit on one line: rename it.")
    lines = [f"{_PRESET}{name}\n"]
    for key, value in parameters.items():
        _range(key)
        if not math.isfinite(value):
            raise SynthError(f"amsynth's {key} cannot be {value}: give a finite number.")
        lines.append(f"{_PARAMETER}{key} {float(value)!r}\n")
    return "".join(lines)
