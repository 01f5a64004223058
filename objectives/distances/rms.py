"""The distance between the shapes of RMS envelopes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target

WINDOW, HOP = 0.050, 0.025
"""Window and hop in seconds."""

MIN_SR = 40
"""Lowest sample rate in Hz: one sample per hop."""

MIN_RMS = 1e-7
"""Root mean square of an envelope below which a sound counts as silent: -140 dB."""


class RMSCosine:
    """One minus the cosine similarity of RMS envelopes.

        D = 1 - <R(X), R(Y)> / (||R(X)|| ||R(Y)||)

    R is the root mean square of each frame (window 50 ms, hop 25 ms, centred, silence around) in
    one vector of all frames and channels. D is 0 if one envelope is a multiple of the other and 1
    if the sounds are never heard together. The literature reports the similarity, 1 - D. Equals
    1 - cosine similarity of `librosa.feature.rms`. A silent sound has no direction and is at 1
    from every sound, silence included. All entries are positive, so most sounds of equal duration
    are similar: 0.1 is far.

    Blind to: level; pitch; timbre; phase; changes within a window.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`), for mono; one vector for all
        channels is a choice made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> rising = np.linspace(0, 1, 8_000, dtype=np.float32)[None]
        >>> scorer = ObjectiveSet([RMSCosine()], Target(rising, 8_000))
        >>> scorer.score(np.stack([0.1 * rising, rising[:, ::-1]])).round(1)
        array([[0. ],
               [0.5]])
    """

    name = "rms_cosine"

    def prepare(self, target: Target) -> PreparedRMSCosine:
        """Compute the target's envelope.

        Raises:
            ObjectiveError: The sample rate is so low that a hop has no sample, or the target has
                a single frame, to which all others are parallel.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        target.require_samples(round(HOP * target.sr) + 1, name=self.name)
        direction, silent = _direction(target_spectra(target))
        return PreparedRMSCosine(direction[0], silent[0])


@dataclass(frozen=True, eq=False)
class PreparedRMSCosine:
    """The envelope of a target.

    Attributes:
        direction: Envelope scaled to unit length, `[c * frames]`.
        silent: Whether the target is silent, `[]`.
    """

    direction: Tensor
    silent: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        direction, silent = _direction(candidates)
        # half the squared distance of unit vectors, which loses no digits where they are close
        distance = 0.5 * (direction - self.direction).square().sum(1)
        return torch.where(silent | self.silent, 1.0, distance)


def rms(sounds: Spectra) -> Tensor:
    """Compute the root mean square of each frame.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Root mean squares `[n, c, frames]`; their gradient at silence is 0.
    """
    window, hop = round(WINDOW * sounds.sr), round(HOP * sounds.sr)
    padded = functional.pad(sounds.audio, (window // 2, window // 2))
    # a norm, because the gradient of a square root is infinite at 0
    norms: Tensor = torch.linalg.vector_norm(padded.unfold(-1, window, hop), dim=-1)
    return norms / math.sqrt(window)


def _direction(sounds: Spectra) -> tuple[Tensor, Tensor]:
    """Return envelopes of unit length `[n, c * frames]`, and which sounds are silent `[n]`."""
    envelope = rms(sounds).flatten(1)
    length: Tensor = torch.linalg.vector_norm(envelope, dim=1, keepdim=True)
    minimum = MIN_RMS * math.sqrt(envelope.shape[1])
    return envelope / length.clamp(min=minimum), (length < minimum)[:, 0]
