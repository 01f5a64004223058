"""The sound that an experiment matches."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from patchwright.experiments.config.model import Model, named
from patchwright.experiments.config.synth import SynthConfig
from patchwright.synths import Note, parse_notes, read_midi
from patchwright.synths.performance import in_order, notes_text


def _to_notes(value: Any) -> tuple[Note, ...]:
    """Sort notes, or parse the text of some."""
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
    """A sound, and what is known of it: a recording, or what a preset sounds like.

    Attributes:
        path: WAV, FLAC, OGG or MP3; relative to the YAML file.
        preset: Instead: a preset file, whose sound is the target.
        program: Name or number of the preset in a bank.
        random: Instead: the seed of a random preset that sounds, drawn as searches draw.
        synth: That plays the preset; the run's own if None.
        note: MIDI pitch of the one note; of a recording estimated if None, of a preset 60.
        duration: Seconds that its key was held; of a recording estimated if None, of a preset 1.
        velocity: With which it is played.
        notes: All notes that are played, by onset, instead of one; the first sounds at the onset
            of the recording. Written in YAML as text, see `patchwright.synths.parse_notes`, or
            read from a MIDI file with ``midi: FILE``.
        tempo: Beats a minute, for plugins that follow it.
        start: Seconds of the recording to pass over.
        length: Seconds to use; of a recording all if None, of a preset 0.5 s after the last note.
    """

    path: Path | None = None
    preset: Path | None = None
    program: str | None = None
    random: int | None = Field(default=None, ge=0)
    synth: Annotated[SynthConfig | None, BeforeValidator(named)] = None
    note: int | None = Field(default=None, ge=0, le=127)
    duration: float | None = Field(default=None, gt=0)
    velocity: int = Field(default=100, ge=1, le=127)
    notes: Notes | None = None
    tempo: float = Field(default=120.0, ge=20, le=999)
    start: float | None = Field(default=None, ge=0)
    length: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read_midi(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "midi" not in content:
            return content
        rest = {key: value for key, value in content.items() if key != "midi"}
        if content["midi"] is None:
            return rest
        if content.get("notes") is not None:
            raise ValueError("the notes are given twice: leave out notes or midi")
        played = read_midi(Path(str(content["midi"])))
        tempo = content.get("tempo") or played.tempo
        return rest | {"notes": played.notes, "tempo": tempo}

    @model_validator(mode="after")
    def _one_sound(self) -> "TargetConfig":
        told = [key for key in ("path", "preset", "random") if getattr(self, key) is not None]
        if len(told) != 1:
            raise ValueError("it is one sound: give it a path, a preset or random")
        made = self.path is None
        if (self.program is not None and self.preset is None) or (self.synth and not made):
            raise ValueError("a recording has no program and no synth: leave them out")
        if made and self.start is not None:
            raise ValueError("a preset is played from its start: leave start out")
        return self

    @property
    def name(self) -> str:
        """What to call it in files."""
        if self.path is not None:
            return self.path.stem
        if self.preset is None:
            return f"random-{self.random}"
        return "-".join([self.preset.stem, *([self.program] if self.program else [])])

    @model_validator(mode="after")
    def _one_note_or_several(self) -> "TargetConfig":
        if self.notes is not None and not (self.note is None and self.duration is None):
            raise ValueError("one note or several: leave out note and duration, or notes")
        return self
