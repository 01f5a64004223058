"""A dry sound: what effects are played on, instead of notes."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError

Samples = NDArray[np.float32]


class DrySound:
    """A sound without effects, which does not change; equal sounds are equal, and hash alike.

    Args:
        audio: Samples of one or two channels, `[c, t]`; copied as float32.

    Attributes:
        audio: Samples of both sides, `[2, t]`, read-only; a mono sound is the same on both.
        sha256: Hash of the samples in hexadecimal.

    Raises:
        SynthError: If it has another number of channels, is empty or is not finite.

    Examples:
        >>> DrySound(np.array([[0.5, 0.25]])).played(3).tolist()
        [[0.5, 0.25, 0.0], [0.5, 0.25, 0.0]]
    """

    def __init__(self, audio: NDArray[np.floating]) -> None:
        samples = np.asarray(audio)
        if samples.ndim != 2 or len(samples) not in (1, 2) or not samples.shape[1]:
            raise SynthError(
                f"A dry sound must have the shape [1 or 2, samples], not {list(samples.shape)}: "
                "give a mono or stereo sound."
            )
        if not np.isfinite(samples).all():
            raise SynthError("The dry sound has NaN or infinite samples: export it again.")
        both = np.array(np.broadcast_to(samples, (2, samples.shape[1])), np.float32, order="C")
        both.flags.writeable = False
        self.audio: Samples = both
        self.sha256 = hashlib.sha256(both.tobytes()).hexdigest()

    def played(self, samples: int) -> Samples:
        """Return the sound in a given length, cut or followed by silence, `[2, samples]`."""
        out = np.zeros((2, samples), np.float32)
        part = self.audio[:, :samples]
        out[:, : part.shape[1]] = part
        return out

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DrySound) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        return f"DrySound({self.audio.shape[1]} samples, {self.sha256[:8]})"
