"""Power of a sound over time."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.spectra import Spectra


def power_envelope(sounds: Spectra, window: float, hop: float) -> tuple[Tensor, float]:
    """Compute the power of windows.

    Channels are averaged. The sound is preceded by silence, so that one that begins at once still
    has an attack.

    Args:
        sounds: Sounds `[n, c, t]`.
        window: Length of a window in seconds.
        hop: Seconds from window to window.

    Returns:
        Powers `[n, frames]` in float64, the first of silence, each of the window that ends at its
        time; and the hop in seconds, a whole number of samples.
    """
    length, step = (max(1, round(seconds * sounds.sr)) for seconds in (window, hop))
    power = functional.pad(sounds.audio.double().square().mean(1), (length + 1, 0))
    sums = power.cumsum(1)
    ends, starts = sums[:, length::step], sums[:, :-length:step]
    return (ends - starts).clamp(min=0.0) / length, step / sounds.sr
