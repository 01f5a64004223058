"""Starts of a search for effects on a known dry sound: delays at the echoes that are heard.

The landscape of an echo's time is flat but for a narrow valley, into which a search falls by luck.
But the response from the dry to the wet sound shows it: with spectra D and W,

    (1)  h = F^-1 [ W conj(D) / (|D|^2 + e max |D|^2) ]

has a peak at each echo, also where a distortion follows or goes before.
"""

from collections.abc import Mapping

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from patchwright.synths import DrySound, Subspace, Synth
from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array, Value

_REGULAR = (1e-7, 1e-5)  # e of (1): less for linear effects, more for distorted ones
_APART = 0.005  # seconds between two echoes, and from the direct sound
_ECHOES = 3  # for each e
_SAME = 0.001  # seconds between echoes that count as one
_MIX, _FEEDBACK = 0.4, 0.4


def echo_lags(dry: NDArray[np.float32], wet: NDArray[np.float32], sr: int) -> list[float]:
    """Return the lags of the strongest echoes in seconds, the strongest first.

    Args:
        dry: Sound without effects, `[t]`.
        wet: Sound with effects, `[t]`.
        sr: Sample rate in Hz.
    """
    size = scipy.fft.next_fast_len(2 * len(wet), real=True)
    before, after = (scipy.fft.rfft(x.astype(np.float64), size) for x in (dry, wet))
    power = np.abs(before) ** 2
    found: list[float] = []
    for regular in _REGULAR:
        response = scipy.fft.irfft(after * before.conj() / (power + regular * power.max()), size)
        found += _peaks(np.abs(response[: len(wet)]), round(_APART * sr), sr)
    # the strongest by any e first; those that are as good as equal once
    ranked = [lag for place in range(_ECHOES) for lag in found[place::_ECHOES]]
    return [
        lag for place, lag in enumerate(ranked) if all(abs(lag - x) > _SAME for x in ranked[:place])
    ]


def _peaks(strength: Array, apart: int, sr: int) -> list[float]:
    """Return the lags of the highest peaks of a response `[t]` in seconds, the highest first."""
    strength = strength.copy()
    strength[:apart] = 0
    lags = []
    for _ in range(_ECHOES):
        place = int(strength.argmax())
        lags.append(place / sr)
        strength[max(0, place - apart) : place + apart] = 0
    return lags


def echo_starts(
    synth: Synth, subspace: Subspace, dry: DrySound | None, wet: NDArray[np.float32], sr: int
) -> Array:
    """Return genotypes `[k, d]` with each delay of a chain at each of the strongest echoes.

    Other parameters have their defaults; of effects that may be left out, both all and only the
    delay are tried.

    Args:
        synth: Synth of the search.
        subspace: Free parameters.
        dry: Dry sound; None for notes, which have no starts.
        wet: Sound to match, `[c, t]`.
        sr: Sample rate in Hz.

    Returns:
        The starts; none unless the synth has a delay on a dry sound.
    """
    if dry is None or not isinstance(synth, EffectSynth):
        return np.empty((0, len(subspace)))
    space = synth.space
    found: list[Mapping[str, Value]] = []
    times = [name for name in subspace.names if _is_time(name, space.names)]
    lags = echo_lags(dry.played(wet.shape[1]).mean(axis=0), wet.mean(axis=0), sr) if times else []
    for name in times:
        start, parameter = name.removesuffix("_time"), space[name]
        delay: dict[str, Value] = {f"{start}_mix": _MIX, f"{start}_feedback": _FEEDBACK}
        switches = [each for each in subspace.names if each.endswith("_on")]
        alone = {each: each == f"{start}_on" for each in switches}
        for lag in lags:
            if parameter.low <= lag <= parameter.high:
                found.append(delay | {name: lag})
                if alone:
                    found.append(delay | alone | {name: lag})
    return subspace.encode(space.values(found))


def _is_time(name: str, names: tuple[str, ...]) -> bool:
    """Return whether a parameter is the time of a delay, which has a mix and a feedback as well."""
    start = name.removesuffix("_time")
    return name != start and all(f"{start}_{other}" in names for other in ("mix", "feedback"))
