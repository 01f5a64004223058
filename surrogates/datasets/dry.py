"""The dry sounds that presets of effects are played on."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from patchwright.synths import DrySound, Performance

_Gain = Annotated[float, Field(ge=-60, le=24)]
_Onset = Annotated[float, Field(ge=0, le=600)]


class DrySet(BaseModel):
    """Dry sounds to choose from, and how they are varied; each preset plays one.

    Attributes:
        sounds: Names of the sounds.
        sha256: Hash of all their samples, in hexadecimal.
        gain: Least and greatest gain in dB: a distortion hears the level.
        onset: Least and greatest time in seconds before a sound begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sounds: tuple[str, ...] = Field(min_length=1)
    sha256: str
    gain: tuple[_Gain, _Gain] = (-6.0, 0.0)
    onset: tuple[_Onset, _Onset] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class DrySounds:
    """A set of dry sounds with their samples.

    Attributes:
        chosen: Names and ranges.
        audio: Samples `[1 or 2, t]` of each sound at the rate of the dataset, peak at full scale.
    """

    chosen: DrySet
    audio: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(
        cls,
        sounds: dict[str, NDArray[np.float32]],
        *,
        gain: tuple[float, float] = (-6.0, 0.0),
        onset: tuple[float, float] = (0.0, 0.0),
    ) -> "DrySounds":
        """Make it of sounds `[1 or 2, t]` by name, each brought to full scale."""
        audio = tuple(np.asarray(x / np.abs(x).max(), np.float32) for x in sounds.values())
        digest = hashlib.sha256()
        for each in audio:
            digest.update(repr(each.shape).encode() + each.tobytes())
        chosen = DrySet(sounds=tuple(sounds), sha256=digest.hexdigest(), gain=gain, onset=onset)
        return cls(chosen, audio)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw what `n` presets play: number of the sound, gain in dB and onset in s, `[n, 3]`."""
        sound = rng.integers(len(self.audio), size=n)
        gain, onset = (rng.uniform(*span, n) for span in (self.chosen.gain, self.chosen.onset))
        return np.stack([sound, gain, onset], axis=1).astype(np.float32)

    def performance(self, row: NDArray[np.float32], *, length: float, sr: int) -> Performance:
        """Return the performance of a row of `draw`, `[3]`.

        Args:
            row: Number of the sound, gain in dB and onset in seconds.
            length: Length of the audio in seconds.
            sr: Sample rate in Hz.
        """
        sound, gain, onset = row.tolist()
        audio = 10 ** (gain / 20) * self.audio[int(sound)]
        later = np.pad(audio, ((0, 0), (round(onset * sr), 0)))
        return Performance(notes=(), length=length, sr=sr, dry=DrySound(later))
