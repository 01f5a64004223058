"""Config of a target."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from patchwright.experiments.config.model import Model, expand_name
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.terminal.plain_text import shown
from patchwright.synths import Note, parse_notes, read_midi
from patchwright.synths.performance import in_order, notes_text


def _to_notes(value: Any) -> tuple[Note, ...]:
    """Sort notes by onset, or parse them from text."""
    notes = parse_notes(value) if isinstance(value, str) else value
    if isinstance(notes, tuple) and notes and all(isinstance(note, Note) for note in notes):
        return in_order(notes)
    raise ValueError("write the notes as text, such as 'C4:0.5 E4+G4:1'")


Notes = Annotated[
    tuple[Note, ...],
    PlainValidator(_to_notes),
    PlainSerializer(notes_text, return_type=str),
]


class TargetConfig(Model):
    """Sound to match: a recording, or the sound of a preset, with the notes that are played.

    Attributes:
        path: WAV, FLAC, OGG or MP3 file, relative to the YAML file.
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
        given = [key for key in ("path", "preset", "random") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError("a target is one sound: give a path, a preset or random")
        rendered = self.path is None
        if (self.program is not None and self.preset is None) or (self.synth and not rendered):
            raise ValueError("program needs a preset, synth a preset or random: leave it out")
        if rendered and self.start is not None:
            raise ValueError("a preset is played from its start: leave start out")
        return self

    @property
    def name(self) -> str:
        """Name of the target in files and tables; see `plain_text.shown`."""
        if self.path is not None:
            return shown(self.path.stem)
        if self.preset is None:
            return f"random-{self.random}"
        program = [self.program] if self.program else []
        return shown("-".join([self.preset.stem, *program]))

    @model_validator(mode="after")
    def _one_note_or_several(self) -> "TargetConfig":
        if self.notes is not None and not (self.note is None and self.duration is None):
            raise ValueError("note and duration are for a single note: leave them out, or notes")
        return self
