"""The distance between the shapes of loudness over time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target

WINDOW, HOP = 0.050, 0.025
"""Seconds."""

LEAST_SR = 40
"""Hz: one sample a hop."""

LEAST_RMS = 1e-7
"""Root of the mean squared envelope below which a sound counts as silent: -140 dB."""


class RMSCosine:
    """Cosine similarity of RMS envelopes, minimised as one minus it.

    The root mean square of each frame (window 50 ms, hop 25 ms, centred, silence around), as one
    vector of all frames and channels. From 0, one envelope a multiple of the other, to 1, the two
    never heard together; the field reports the similarity, which is one minus this. Equals the
    same with `librosa.feature.rms`. A silent sound has no direction: its similarity is 0, so its
    distance is 1 from every sound, and from silence too.

    Blind to level, pitch, timbre and phase, and to what is quicker than a window. All entries are
    positive, so most sounds that last as long are similar: 0.1 is far.

    Source:
        The synth-permutations code (`compute_audio_metrics.py`), for mono; one vector for all
        channels is a choice made here.
    """

    name = "rms_cosine"

    def prepare(self, target: Target) -> PreparedRMSCosine:
        """Keep the target's envelope.

        Raises:
            ObjectiveError: The sample rate is so low that the hop has no sample, or the target has
                a single frame, to which all others are parallel.
        """
        if target.sr < LEAST_SR:
            raise ObjectiveError(
                f"rms_cosine needs a sample rate of at least {LEAST_SR} Hz, not {target.sr}: "
                "resample the target."
            )
        target.require_samples(round(HOP * target.sr) + 1, name=self.name)
        direction, silent = _direction(target_spectra(target))
        return PreparedRMSCosine(direction[0], silent[0])


@dataclass(frozen=True, eq=False)
class PreparedRMSCosine:
    """A target's envelope of unit length `[c * frames]`, and whether there is none, `[]`."""

    direction: Tensor
    silent: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        direction, silent = _direction(candidates)
        # Half the squared distance of unit vectors, which loses no digits where they are near.
        distance = 0.5 * (direction - self.direction).square().sum(1)
        return torch.where(silent | self.silent, 1.0, distance)


def rms(sounds: Spectra) -> Tensor:
    """Root mean squares `[n, c, frames]` of sounds `[n, c, t]`; slope 0 at silence."""
    window, hop = round(WINDOW * sounds.sr), round(HOP * sounds.sr)
    padded = functional.pad(sounds.audio, (window // 2, window // 2))
    # A norm, as a root has no finite slope at 0.
    norms: Tensor = torch.linalg.vector_norm(padded.unfold(-1, window, hop), dim=-1)
    return norms / math.sqrt(window)


def _direction(sounds: Spectra) -> tuple[Tensor, Tensor]:
    """Envelopes of unit length `[n, c * frames]`, and which sounds are silent `[n]`."""
    envelope = rms(sounds).flatten(1)
    length: Tensor = torch.linalg.vector_norm(envelope, dim=1, keepdim=True)
    least = LEAST_RMS * math.sqrt(envelope.shape[1])
    return envelope / length.clamp(min=least), (length < least)[:, 0]
