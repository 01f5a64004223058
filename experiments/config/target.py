"""Config of a target."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from patchwright.experiments.config.model import Model, expand_name
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.terminal.plain_text import shown
from patchwright.objectives.wishes import parse_wishes
from patchwright.synths import Note, parse_notes, read_midi
from patchwright.synths.performance import in_order, notes_text

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
"""Ends of the names of sound files in a folder."""

_NAMED = 3  # files of which the name of a target consists


def _to_notes(value: Any) -> tuple[Note, ...]:
    """Sort notes by onset, or parse them from text."""
    notes = parse_notes(value) if isinstance(value, str) else value
    if isinstance(notes, tuple) and notes and all(isinstance(note, Note) for note in notes):
        return in_order(notes)
    raise ValueError("write the notes as text, such as 'C4:0.5 E4+G4:1'")


def sound_files(value: Any) -> Any:
    """List the sound files of a folder by name; leave anything else as it is."""
    folder = Path(value) if isinstance(value, str | Path) else None
    if folder is None or not folder.is_dir():
        return value
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUND_SUFFIXES)
    if not files:
        raise ValueError(f"{folder} holds no WAV, FLAC, OGG or MP3 file: name another folder")
    return files


def _check_wishes(text: str) -> str:
    parse_wishes(text)
    return text


Notes = Annotated[
    tuple[Note, ...],
    PlainValidator(_to_notes),
    PlainSerializer(notes_text, return_type=str),
]


def recordings(sounds: str | Path | Sequence[str | Path]) -> dict[str, Any]:
    """Return the keys of a target that is one file, several files, or a folder of files."""
    paths = [sounds] if isinstance(sounds, str | Path) else [*sounds]
    if len(paths) == 1:
        return {"paths" if Path(paths[0]).is_dir() else "path": paths[0]}
    return {"paths": paths}


class TargetConfig(Model):
    """Sound to match: a recording, or the sound of a preset, with the notes that are played.

    Attributes:
        path: WAV, FLAC, OGG or MP3 file, relative to the YAML file.
        dry: The same sound without effects, from the same start, for a synth of effects alone; read
            with the same `start` and `length`.
        guessed: Whether `dry` is another sound of the same instrument, because the one that was
            played is not there; the report then says that the answer is a guess.
        paths: Several files, or a folder of them, instead of one: notes of one instrument, each of
            which is played and compared on its own.
        but: Wishes, such as ``brighter 3 dB, attack 40 ms, less noise``: the target is the
            recording with these changes (see `patchwright.objectives.wishes`).
        preset: Preset file whose sound is the target, instead of a recording.
        program: Name or number of the preset in a bank.
        random: Seed of an audible random preset whose sound is the target, instead of a recording.
        synth: Synth that plays the preset; the run's own if None.
        note: MIDI pitch of the single note, 0 to 127; if None, estimated from a recording, and 60
            for a preset.
        duration: Seconds that its key is held; if None, estimated from a recording, and 1 for a
            preset.
        velocity: MIDI velocity of the note, 1 to 127.
        notes: Notes to play instead of a single one; the first sounds at the recording's onset. In
            YAML written as text (see `patchwright.synths.parse_notes`), or read from a MIDI file
            with ``midi: FILE``.
        tempo: Tempo in beats per minute for plugins that follow it, 4 to 999.
        start: Seconds of the recording to skip.
        length: Seconds to use; if None, all of a recording, and for a preset until 0.5 s after
            the last note.

    Examples:
        >>> TargetConfig(path="note.wav", note=60).name
        'note'
        >>> TargetConfig(random=3, notes="C4:0.5 E4+G4:1").name
        'random-3'
    """

    path: Path | None = None
    paths: Annotated[tuple[Path, ...], BeforeValidator(sound_files)] = Field(
        default=(), exclude_if=lambda paths: not paths
    )
    dry: Path | None = Field(default=None, exclude_if=lambda dry: dry is None)
    guessed: bool = Field(default=False, exclude_if=lambda guessed: not guessed)
    but: Annotated[str, AfterValidator(_check_wishes)] | None = Field(
        default=None, exclude_if=lambda but: but is None
    )
    preset: Path | None = None
    program: str | None = Field(default=None, pattern=r"^[^\x00]*$")
    random: int | None = Field(default=None, ge=0)
    synth: Annotated[SynthConfig | None, BeforeValidator(expand_name)] = None
    note: int | None = Field(default=None, ge=0, le=127)
    duration: float | None = Field(default=None, gt=0)
    velocity: int = Field(default=100, ge=1, le=127)
    notes: Notes | None = None
    tempo: float = Field(default=120.0, ge=4, le=999)
    start: float | None = Field(default=None, ge=0)
    length: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read_midi(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "midi" not in content:
            return content
        others = {key: value for key, value in content.items() if key != "midi"}
        if content["midi"] is None:
            return others
        if content.get("notes") is not None:
            raise ValueError("notes and midi both give the notes: leave one out")
        played = read_midi(Path(str(content["midi"])))
        tempo = content.get("tempo") or played.tempo
        return others | {"notes": played.notes, "tempo": tempo}

    @model_validator(mode="after")
    def _one_sound(self) -> "TargetConfig":
        sounds = (self.path, self.paths or None, self.preset, self.random)
        if sum(sound is not None for sound in sounds) != 1:
            raise ValueError("a target is one sound: give a path, paths, a preset or random")
        rendered = not self.recorded
        notes = (self.paths or None, self.note, self.duration, self.notes)
        if self.dry is not None and any(given is not None for given in notes):
            raise ValueError(
                "a dry sound is what effects play: leave out paths, note, duration, notes and midi"
            )
        if self.guessed and self.dry is None:
            raise ValueError("guessed is about the dry sound: give dry, or leave it out")
        if self.but is not None and (self.path is None or self.dry is not None):
            raise ValueError("but changes one recording without a dry sound: leave one of them out")
        one = (self.note, self.duration, self.notes, self.start, self.length)
        if self.paths and any(given is not None for given in one):
            raise ValueError(
                "note, duration, notes, start and length are for a single recording: leave them "
                "out, and name the files of several by their notes, such as c4.wav"
            )
        if (self.program is not None and self.preset is None) or (self.synth and not rendered):
            raise ValueError("program needs a preset, synth a preset or random: leave it out")
        if rendered and self.start is not None and self.dry is None:
            raise ValueError("a preset is played from its start: leave start out")
        return self

    @property
    def recorded(self) -> bool:
        """Whether the target is one or more recordings, and not a preset's sound."""
        return self.path is not None or bool(self.paths)

    @property
    def name(self) -> str:
        """Name of the target in files and tables; see `plain_text.shown`."""
        if self.path is not None:
            return shown(self.path.stem + (f" but {self.but}" if self.but else ""))
        if self.paths:
            stems = [path.stem for path in self.paths[:_NAMED]]
            more = len(self.paths) - len(stems)
            return shown("+".join([*stems, *([f"{more}-more"] if more else [])]))
        if self.preset is None:
            return f"random-{self.random}"
        program = [self.program] if self.program else []
        return shown("-".join([self.preset.stem, *program]))

    @model_validator(mode="after")
    def _one_note_or_several(self) -> "TargetConfig":
        if self.notes is not None and not (self.note is None and self.duration is None):
            raise ValueError("note and duration are for a single note: leave them out, or notes")
        return self
