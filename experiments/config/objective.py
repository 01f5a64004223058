"""An objective of an experiment."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from patchwright.experiments.config.model import Model
from patchwright.objectives.view import Align, Level, View


class ObjectiveConfig(Model):
    """A distance, and what of the sounds it compares. In YAML its name alone will do.

    Attributes:
        name: Of a registered distance.
        label: What it is called in reports; its name and what else is told of it if None.
        weight: Share in the answer and in the match, beside those of the others.
        options: Of the distance.
        align: See `objectives.View`, as are the next three.
        level: In YAML `absolute`, `loudness` or `peak`.
        time: First and last second.
        frequency: Lowest and highest hertz.
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
        self.view  # noqa: B018 - is checked when it is made
        return self

    @property
    def view(self) -> View:
        """What of the sounds is compared."""
        return View(align=self.align, level=self.level, time=self.time, frequency=self.frequency)

    @property
    def title(self) -> str:
        """The key of its scores: a name alone is that of the plain distance."""
        if self.label is not None:
            return self.label
        told = [*map(str, self.options.values())]
        told += [word for word in (self.align, self.level) if word not in ("none", "absolute")]
        for bounds, unit in ((self.time, "s"), (self.frequency, "Hz")):
            if bounds is not None:
                first, last = bounds
                told.append(f"{first:g}-{'' if last is None else format(last, 'g')} {unit}")
        return f"{self.name} ({', '.join(told)})" if told else self.name

    @model_serializer(mode="wrap")
    def _short(self, write: SerializerFunctionWrapHandler) -> Any:
        told = {key: value for key, value in write(self).items() if key in self.model_fields_set}
        return self.name if told.keys() == {"name"} else told
