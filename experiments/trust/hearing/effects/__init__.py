"""Changes of sounds: pure functions from notes to audio `[n, t]`, or `[n, 2, t]` in stereo."""

from collections.abc import Callable

from patchwright.experiments.trust.hearing.effects.envelope import (
    accent,
    cut,
    decay,
    delay,
    gap,
    repeated,
    soft_attack,
)
from patchwright.experiments.trust.hearing.effects.movement import (
    drift,
    scoop,
    sweep,
    tremolo,
    vibrato,
    wah,
)
from patchwright.experiments.trust.hearing.effects.noise import (
    breath,
    clicks,
    crush,
    masked_noise,
    noise,
    overdrive,
    rectified,
)
from patchwright.experiments.trust.hearing.effects.partials import (
    doubled,
    foreign,
    mistuned,
    pitch,
    shifted,
    stretched,
    without,
)
from patchwright.experiments.trust.hearing.effects.space import (
    auto_pan,
    echo,
    late_channel,
    pan,
    reverb,
    split,
)
from patchwright.experiments.trust.hearing.effects.spectrum import (
    all_pass,
    band_limit,
    comb,
    direct_current,
    gain,
    high_pass,
    low_pass,
    peak,
    polarity,
    tilt,
)
from patchwright.synths.parameters import Array

_ALL = (
    accent,
    all_pass,
    auto_pan,
    band_limit,
    breath,
    clicks,
    comb,
    crush,
    cut,
    decay,
    delay,
    direct_current,
    doubled,
    drift,
    echo,
    foreign,
    gain,
    gap,
    high_pass,
    late_channel,
    low_pass,
    masked_noise,
    mistuned,
    noise,
    overdrive,
    pan,
    peak,
    pitch,
    polarity,
    rectified,
    repeated,
    reverb,
    scoop,
    shifted,
    soft_attack,
    split,
    stretched,
    sweep,
    tilt,
    tremolo,
    vibrato,
    wah,
    without,
)

EFFECTS: dict[str, Callable[..., Array]] = {effect.__name__: effect for effect in _ALL}
"""Effects by name: each takes notes, a generator, and the options that `changes.yaml` gives."""
