"""The distance between onset strength envelopes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.spectra import LIBROSA_MEL, LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target


class OnsetEnvelope:
    """Mean absolute difference of onset strength envelopes.

    How far each of 128 Slaney mel bands in dB (window 2048, hop 512, floor 80 dB below the
    channel's own maximum) rises from one frame to the next, averaged over bands, falls counting
    as nothing; then the mean over the differences in time and over channels. In decibels.

    The envelope equals `librosa.onset.onset_strength(center=False)[1:]`. By default librosa moves
    the envelope two frames later, to where the onsets are heard, and cuts what no longer fits. The
    move is the same for both sounds and would only cost the last two frames, so it is left out,
    and with it the zeros that librosa puts in front.

    Blind to what dies away or stays: to decays, to sustained pitch and timbre, and to silence in
    place of a steady sound. Nearly blind to level and to which bands rise. The first frame is
    centred on the first sample, so an attack there is seen only in part. An onset one frame late
    costs as much as one a second late.

    Source:
        S. Böck and G. Widmer, 2013, for the envelope, as librosa computes it; the distance is a
        choice made here.
    """

    name = "onset_envelope"

    def prepare(self, target: Target) -> PreparedOnsetEnvelope:
        """Keep the target's envelope.

        Raises:
            ObjectiveError: The target has fewer than 512 samples, so only one frame.
        """
        target.require_samples(LIBROSA_STFT.hop, name=self.name)
        return PreparedOnsetEnvelope(onset_envelope(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedOnsetEnvelope:
    """A target's onset strengths `[c, frames - 1]`."""

    strengths: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        return (onset_envelope(candidates) - self.strengths).abs().flatten(1).mean(1)


def onset_envelope(sounds: Spectra) -> Tensor:
    """Onset strengths `[n, c, frames - 1]`, in dB a frame, of sounds `[n, c, t]`."""
    decibels = power_to_db(sounds.mel_power(LIBROSA_MEL), relative=False)
    return decibels.diff(dim=-2).clamp(min=0.0).mean(-1)
