"""The distance between onset strength envelopes."""

from __future__ import annotations

from torch import Tensor

from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.spectra import LIBROSA_MEL, LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target


class OnsetEnvelope:
    """Mean absolute difference of onset strength envelopes, in dB.

        D = mean |O(X) - O(Y)|,   O_j = mean_b max(0, L_{j,b} - L_{j-1,b})

    L is the level of mel band b in frame j in dB (128 Slaney bands, window 2048, hop 512, floored
    80 dB below the channel's maximum). The mean is over frames and channels.

    The envelope equals `librosa.onset.onset_strength(center=False)[1:]`. By default librosa
    delays it by two frames and cuts what no longer fits. The delay is the same for both sounds and
    would only lose the last two frames, so it is left out, as are librosa's leading zeros.

    The first frame is centred on the first sample, so only part of an attack there counts. An
    onset one frame late costs as much as one that is a second late.

    Blind to: level, nearly; phase; decays; sustained pitch and timbre; silence in place of a
    steady sound; which bands rise, nearly.

    Source:
        S. Böck and G. Widmer, 2013, for the envelope, as librosa computes it; the distance is a
        choice made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 8_000)).astype(np.float32)
        >>> once = np.where(np.arange(8_000) < 4_000, 1e-3, 1).astype(np.float32) * noise
        >>> scorer = ObjectiveSet([OnsetEnvelope()], Target(once, 8_000))
        >>> scorer.score(np.stack([0.1 * once, noise])).round(1)
        array([[0. ],
               [3.8]])
    """

    name = "onset_envelope"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's envelope.

        Raises:
            ObjectiveError: The target has fewer than 512 samples, so only one frame.
        """
        target.require_samples(LIBROSA_STFT.hop, name=self.name)
        return FeatureDistance.to(target, onset_envelope)


def onset_envelope(sounds: Spectra) -> Tensor:
    """Compute onset strengths.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Onset strengths in dB per frame, `[n, c, frames - 1]`.
    """
    decibels = power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False)
    return decibels.diff(dim=-2).clamp(min=0.0).mean(-1)
