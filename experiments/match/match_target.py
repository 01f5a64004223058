"""Target of a run: a recording, several of one instrument, or a rendered preset."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import prev_fast_len

from patchwright.experiments.config import TargetConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.recordings.recording import Recording, read_recording
from patchwright.experiments.recordings.several import read_notes
from patchwright.experiments.recordings.whole_sound import WholeSound, read_whole
from patchwright.experiments.records.summary import PartFacts, TargetFacts
from patchwright.experiments.terminal.plain_text import shown
from patchwright.objectives import Target
from patchwright.objectives.wishes import granted, parse_wishes
from patchwright.synths import DrySound, Note, Performance, Status, Subspace, Synth
from patchwright.synths.parameters import Array
from patchwright.synths.performance import notes_text
from patchwright.synths.presets.files import read_preset

_NOTE, _DURATION, _TAIL = 60, 1.0, 0.5  # MIDI pitch and seconds of a rendered preset
_DRAWS = 100  # random presets to try until one is audible
_AUDIBLE = 1e-3  # peak of -60 dBFS
_BETWEEN = 0.25  # s of silence after each of several recordings, in which candidates may ring on


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchTarget:
    """Sound to match, and the notes that every candidate plays.

    Attributes:
        name: File name of the recording or preset, for display.
        audio: Samples `[c, t]`, float32, at the performance's sample rate.
        sha256: Hash of the recording's file, or of the rendered samples.
        performance: Notes, length and sample rate of every candidate.
        dry: File name of the dry sound of effects, for display; empty without one.
        recordings: Pitch, onset and length of each recording; none if a preset was rendered.
        parts: Spans of samples, first and end, of several recordings, each of which is compared on
            its own; none of a single sound.
        doubts: Sentences about what may be wrong with the files of a wet and a dry sound.
        unwished: Recording `[c, t]` before wishes changed it; None without any.
        preset: Values `[P]` of the true preset; None unless the run's own synth rendered it.
    """

    name: str
    audio: NDArray[np.float32]
    sha256: str
    performance: Performance
    dry: str = ""
    recordings: tuple[Recording, ...] = ()
    parts: tuple[tuple[int, int], ...] = ()
    doubts: tuple[str, ...] = ()
    unwished: NDArray[np.float32] | None = None
    preset: Array | None = None

    @property
    def sound(self) -> Target:
        """The target of objectives."""
        return Target(self.audio, self.performance.sr, self.parts)

    def facts(self, config: TargetConfig) -> TargetFacts:
        """Return the facts of the target for the summary."""
        first, sr = (*self.performance.notes, None)[0], self.performance.sr
        recording = None if self.parts or not self.recordings else self.recordings[0]
        return TargetFacts(
            file=shown(self.name),
            sha256=self.sha256,
            dry=shown(self.dry),
            note=None if first is None else first.pitch,
            notes=notes_text(self.performance.notes),
            tempo=self.performance.tempo,
            note_given=recording is None or config.note is not None or config.notes is not None,
            f0=None if recording is None else recording.f0,
            cents=None if recording is None else recording.cents,
            voiced=None if recording is None else recording.voiced,
            held=self.performance.length if first is None else first.duration,
            onset=0.0 if recording is None else recording.onset,
            length=self.audio.shape[1] / sr,
            sr=sr,
            parts=tuple(
                PartFacts(
                    file=shown(each.path.name),
                    note=each.note,
                    f0=each.f0,
                    cents=each.cents,
                    start=start / sr,
                    length=(stop - start) / sr,
                )
                for each, (start, stop) in zip(self.recordings, self.parts, strict=False)
            ),
            warnings=tuple(map(shown, self.warnings)),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what was changed in a recording, and what is doubtful."""
        return self.doubts + tuple(
            text for recording in self.recordings for text in recording.warnings
        )

    def sentence(self) -> str:
        """Describe the target in one sentence, with a line for each warning."""
        return "\n".join([self._description(), *self.warnings])

    def _description(self) -> str:
        notes, length = self.performance.notes, self.performance.length
        if self.dry:
            return f"{self.name}: the effects on {self.dry}; {length:.2f} s."
        if self.parts:
            each = "\n".join(recording.sentence() for recording in self.recordings)
            return f"{each}\n{len(notes)} notes, each compared on its own; {length:.2f} s."
        if len(notes) > 1:
            return f"{self.name}: {len(notes)} notes, as given; {length:.2f} s."
        if self.recordings:
            return self.recordings[0].sentence()
        held = notes[0].duration
        return f"{self.name}: {notes_text(notes)}; held {held:.2f} s of {length:.2f} s."


def recorded(config: TargetConfig, sr: int) -> MatchTarget:
    """Read a recording, or several.

    Args:
        config: Target with a path, or paths.
        sr: Sample rate of the run in Hz.

    Raises:
        ExperimentError: If a recording cannot be used.
    """
    if config.paths:
        return _several(config, sr)
    if config.dry is not None:
        return _wet(config, config.dry, sr)
    assert config.path is not None  # noqa: S101 - the caller checks it
    notes = config.notes
    recording = read_recording(
        config.path,
        sr=sr,
        note=config.note if notes is None else notes[0].pitch,
        duration=config.duration if notes is None else notes[0].duration,
        start=config.start,
        length=config.length,
        whole=notes is not None and len(notes) > 1,
    )
    # Fourier transforms of a whole sound are several times slower for lengths with large prime
    # factors
    samples = prev_fast_len(recording.audio.shape[1], real=True)
    if notes is None:
        held = recording.duration
        notes = (Note(pitch=recording.note, velocity=config.velocity, duration=held),)
    performance = Performance(
        notes=tuple(replace(note, onset=note.onset - notes[0].onset) for note in notes),
        length=samples / sr,
        sr=sr,
        tempo=config.tempo,
    )
    audio = recording.audio[:, :samples]
    wishes = parse_wishes(config.but) if config.but is not None else ()
    return MatchTarget(
        name=recording.path.name,
        audio=granted(audio, sr, wishes) if wishes else audio,
        unwished=audio if wishes else None,
        sha256=recording.sha256,
        performance=performance,
        recordings=(recording,),
    )


_GUESS = (
    "The effects are a guess: {} stands for the dry sound, and whatever else differs between the "
    "two sounds is taken for effects."
)


def _wet(config: TargetConfig, dry: Path, sr: int) -> MatchTarget:
    """Read a sound with effects, and the same one without."""
    assert config.path is not None  # noqa: S101 - the caller checks it
    wet = read_whole(config.path, sr=sr, start=config.start, length=config.length)
    samples = prev_fast_len(wet.audio.shape[1], real=True)
    performance, source = _dry(config, dry, sr, samples)
    return MatchTarget(
        name=config.path.name,
        audio=wet.audio[:, :samples],
        sha256=hashlib.sha256(f"{wet.sha256} {source.sha256}".encode()).hexdigest(),
        performance=performance,
        dry=dry.name,
        doubts=(*wet.warnings, *source.warnings, *[_GUESS.format(dry.name)] * config.guessed),
    )


def _dry(
    config: TargetConfig, path: Path, sr: int, samples: int | None
) -> tuple[Performance, WholeSound]:
    """Read a dry sound, and return the performance of it in a number of samples."""
    source = read_whole(path, sr=sr, start=config.start, length=config.length)
    if samples is None:
        samples = prev_fast_len(source.audio.shape[1] + round(_TAIL * sr), real=True)
    performance = Performance(
        notes=(),
        length=samples / sr,
        sr=sr,
        tempo=config.tempo,
        dry=DrySound(source.audio),
    )
    return performance, source


def _several(config: TargetConfig, sr: int) -> MatchTarget:
    """Read notes of one instrument, and put them one after another."""
    recordings = read_notes(config.paths, sr=sr)
    between = np.zeros((1, round(_BETWEEN * sr)), np.float32)
    pieces, parts, notes, first = [], [], [], 0
    for recording in recordings:
        samples = prev_fast_len(recording.audio.shape[1], real=True)
        held = recording.duration
        pieces += [recording.audio[:, :samples], between]
        parts.append((first, first + samples))
        notes.append(
            Note(pitch=recording.note, velocity=config.velocity, onset=first / sr, duration=held)
        )
        first += samples + between.shape[1]
    audio = np.concatenate(pieces, axis=1)
    hashes = " ".join(recording.sha256 for recording in recordings)
    return MatchTarget(
        name=", ".join(recording.path.name for recording in recordings),
        audio=audio,
        sha256=hashlib.sha256(hashes.encode()).hexdigest(),
        performance=Performance(
            notes=tuple(notes), length=audio.shape[1] / sr, sr=sr, tempo=config.tempo
        ),
        recordings=tuple(recordings),
        parts=tuple(parts),
    )


def rendered(config: TargetConfig, sr: int, synth: Synth, subspace: Subspace) -> MatchTarget:
    """Render a preset.

    Args:
        config: Target with a preset file, or with the seed of a random preset.
        sr: Sample rate of the run in Hz.
        synth: Synth of the run; it plays the preset if the config names no other.
        subspace: Free parameters of the run's synth, from which random presets are drawn; if the
            config names another synth, they are drawn from its parameters.

    Raises:
        ExperimentError: If every preset tried is silent.
        SynthError: If the preset cannot be read or rendered.
    """
    if config.synth is not None:
        with open_synth(config.synth) as other:
            space = config.synth.subspace(other.space)
            own = config.model_copy(update={"synth": None})
            return replace(rendered(own, sr, other, space), preset=None)
    performance, dry = _performance(config, sr), ""
    if config.dry is not None:
        performance, _ = _dry(config, config.dry, sr, None)
        dry = config.dry.name
    for values in _candidates(config, synth, subspace):
        renders = synth.render(values[np.newaxis], performance)
        audio = renders.audio[0]
        if renders.status[0] == Status.ok and np.abs(audio).max() >= _AUDIBLE:
            break
    else:
        raise ExperimentError(
            f"The target {config.name} is silent with {synth.name}: give another preset or seed, "
            "or other notes."
        )
    return MatchTarget(
        name=config.name if config.preset is None else config.preset.name,
        audio=audio,
        sha256=hashlib.sha256(audio.tobytes()).hexdigest(),
        performance=performance,
        dry=dry,
        preset=values,
    )


def _performance(config: TargetConfig, sr: int) -> Performance:
    if config.notes is None:
        pitch = _NOTE if config.note is None else config.note
        held = config.duration or _DURATION
        notes: tuple[Note, ...] = (Note(pitch=pitch, velocity=config.velocity, duration=held),)
    else:
        notes = config.notes
    length = config.length or max(note.end for note in notes) + _TAIL
    samples = prev_fast_len(round(length * sr), real=True)
    return Performance(notes=notes, length=samples / sr, sr=sr, tempo=config.tempo)


def _candidates(config: TargetConfig, synth: Synth, subspace: Subspace) -> list[Array]:
    """Return presets `[P]` to try, in order."""
    if config.preset is not None:
        return [read_preset(config.preset, synth, name=config.program).values]
    # the seed alone equals (seed, 0), from which a run draws its calibration
    rng = np.random.default_rng((config.random or 0, 2, 1))
    return list(subspace.decode(subspace.sample(_DRAWS, rng)))
