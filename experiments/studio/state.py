"""What a person did with a run, in `studio/` of its folder."""

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import RunFolder, write_json
from patchwright.experiments.records.summary import Record
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array
from patchwright.synths.whole_file import own_folder

MAX_UNDO = 100  # steps

Key = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
"""Name of a preset: a hash of its values."""


def key_of(values: Array) -> str:
    """Return the key of a preset's values `[P]`."""
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


class Strand(Record):
    """One of the alternatives that are shown.

    Attributes:
        key: Preset.
        distance: Distance to the ideal point, in random presets' units.
        liked: Whether it was marked.
    """

    key: Key
    distance: float = Field(ge=0)
    liked: bool = False


class Scene(Record):
    """What undo and redo go through.

    Attributes:
        strands: Alternatives in the order in which they are shown.
        chosen: Preset that is played and bent; None for the best one.
        bred: Number of times that presets were bred so far, of which randomness depends.
    """

    strands: tuple[Strand, ...] = Field(default=(), max_length=32)
    chosen: Key | None = None
    bred: int = Field(default=0, ge=0, lt=2**31)


class StudioState(Record):
    """Contents of `studio/state.json`.

    Attributes:
        wanted: Whether the search should go on when the studio is started again.
        title: Name that is shown; that of the folder if empty.
        tags: Words by which the run is found.
        notes: Text of the user.
        scenes: Scenes that undo and redo go through.
        place: Place of the present scene.
        target_names: Names that the dropped sounds had.
    """

    wanted: bool = False
    title: str = Field(default="", max_length=200)
    tags: tuple[Annotated[str, Field(max_length=40)], ...] = Field(default=(), max_length=20)
    notes: str = Field(default="", max_length=10_000)
    scenes: tuple[Scene, ...] = Field(default=(Scene(),), min_length=1, max_length=MAX_UNDO)
    place: int = Field(default=0, ge=0, lt=MAX_UNDO)
    target_names: tuple[str, ...] = Field(default=(), max_length=100)

    @property
    def scene(self) -> Scene:
        """The present scene."""
        return self.scenes[min(self.place, len(self.scenes) - 1)]

    def with_scene(self, scene: Scene) -> "StudioState":
        """Return the state after a change; what was undone is forgotten."""
        scenes = (*self.scenes[: self.place + 1], scene)[-MAX_UNDO:]
        return self.model_copy(update={"scenes": scenes, "place": len(scenes) - 1})

    def moved(self, by: int) -> "StudioState":
        """Return the state after undo (-1) or redo (1)."""
        place = min(max(self.place + by, 0), len(self.scenes) - 1)
        return self.model_copy(update={"place": place})


def state_path(run: RunFolder) -> Path:
    """Return where the state of a run is."""
    return run.studio / "state.json"


def read_state(run: RunFolder) -> StudioState:
    """Read the state of a run; a new one if there is none.

    Raises:
        ExperimentError: If it is damaged.
    """
    path = state_path(run)
    if not path.is_file():
        return StudioState()
    try:
        content = read_outside(path, kind="a state of the studio", max_bytes=2**20)
        return StudioState.model_validate_json(content)
    except ValidationError as error:
        raise ExperimentError(f"{path} is damaged: remove it to start afresh.") from error


def write_state(run: RunFolder, state: StudioState) -> None:
    """Write the state of a run, whole or not at all."""
    own_folder(run.studio)
    write_json(state_path(run), state)
