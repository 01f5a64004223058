"""Config of an objective."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from patchwright.experiments.config.model import Model
from patchwright.objectives.sets import expand_sets
from patchwright.objectives.view import Align, Level, View


def expand_set_names(value: Any) -> Any:
    """Replace the names of sets, in a list or alone, by those of their distances."""
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list):
        return value
    return [
        each
        for entry in entries
        for each in (expand_sets([entry]) if isinstance(entry, str) else [entry])
    ]


class ObjectiveConfig(Model):
    """Distance, and the part of the sounds that it compares; in YAML, the name alone suffices.

    Attributes:
        name: Name of a registered distance.
        label: Title in reports; name and settings if None.
        weight: Weight in the answer and in the match, above 0.
        options: Options of the distance.
        align: Alignment of the sounds: ``none``, ``onset`` or ``lag``; see `objectives.View`.
        level: Level of the sounds: ``absolute``, ``loudness`` or ``peak``.
        time: Start and end of the compared part in seconds; an end of None is the sound's end.
        frequency: Lowest and highest compared frequency in Hz.

    Examples:
        >>> ObjectiveConfig(name="mrstft", time=(0, 0.1), align="onset").title
        'mrstft (onset, 0-0.1 s)'
    """

    name: str
    label: str | None = None
    weight: float = Field(default=1.0, gt=0)
    options: dict[str, Any] = Field(default={})
    align: Align = "none"
    level: Level = "absolute"
    time: tuple[float, float | None] | None = None
    frequency: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _view_makes_sense(self) -> "ObjectiveConfig":
        self.view  # noqa: B018 - its constructor checks it
        return self

    @property
    def view(self) -> View:
        """Part of the sounds that is compared."""
        return View(align=self.align, level=self.level, time=self.time, frequency=self.frequency)

    @property
    def title(self) -> str:
        """Key of its scores: the label, or the name with the settings that are not defaults."""
        if self.label is not None:
            return self.label
        settings = [*map(str, self.options.values())]
        settings += [word for word in (self.align, self.level) if word not in ("none", "absolute")]
        for bounds, unit in ((self.time, "s"), (self.frequency, "Hz")):
            if bounds is not None:
                first, last = bounds
                settings.append(f"{first:g}-{'' if last is None else format(last, 'g')} {unit}")
        return f"{self.name} ({', '.join(settings)})" if settings else self.name

    @model_serializer(mode="wrap")
    def _short(self, write: SerializerFunctionWrapHandler) -> Any:
        given = {key: value for key, value in write(self).items() if key in self.model_fields_set}
        return self.name if given.keys() == {"name"} else given
