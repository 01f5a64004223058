"""The search of an experiment."""

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from patchwright.experiments.config.descriptors import check_descriptors
from patchwright.experiments.config.model import Model
from patchwright.search import Budget


class SearchConfig(Model):
    """How the search goes.

    Attributes:
        method: Name of the optimizer.
        options: Of the optimizer.
        renders: Budget of renders, calibration included.
        seconds: Budget of wall time.
        generations: Budget of generations.
        patience: Generations without progress.
        calibration: Random presets that set the scale of the scores.
        initial: Preset files, banks and folders of runs, whose presets the search starts from.
        descriptors: What presets are to differ in, by name: the front then holds presets that sound
            close and differ in these, rather than the best trade-offs between the objectives.
        store: Folder of earlier renders, of which the search starts from those that sound most like
            the target, and to which its own are added; none if None.
    """

    method: str = "auto"
    options: dict[str, Any] = Field(default={})
    renders: int | None = Field(default=2_500, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    generations: int | None = Field(default=None, gt=0)
    patience: int | None = Field(default=None, gt=0)
    calibration: int = Field(default=100, ge=10)
    initial: list[Path] = Field(default=[])
    descriptors: list[str] = Field(default=[], exclude_if=lambda names: not names)
    store: Path | None = Field(default=None, exclude_if=lambda store: store is None)

    @field_validator("descriptors")
    @classmethod
    def _known(cls, descriptors: list[str]) -> list[str]:
        check_descriptors(descriptors)
        return descriptors

    @model_validator(mode="after")
    def _calibration_within_budget(self) -> "SearchConfig":
        if self.renders is not None and self.renders <= self.calibration:
            raise ValueError(
                f"{self.renders} renders do not go beyond the calibration's {self.calibration}: "
                "raise renders or lower calibration"
            )
        return self

    @property
    def budget(self) -> Budget:
        """The four limits."""
        return Budget(
            renders=self.renders,
            seconds=self.seconds,
            generations=self.generations,
            patience=self.patience,
        )
